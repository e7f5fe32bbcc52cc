import { inspectConda } from '@sluice/archives';
import {
  closeRecords,
  enqueuePublication,
  findLatestRecords,
  findRecordDigest,
  insertBlobs,
  insertInspections,
  insertRecord,
  lockChannel,
  lockUploadsSource,
  type Part,
  recordEvent,
  savePart,
  shareBlobs,
} from '@sluice/catalog';
import {
  type IndexJson,
  needsV3,
  parseFileName,
  parseIndexJson,
  readRecord,
  recordFromIndexJson,
  viewRecord,
  writeJson,
} from '@sluice/formats/conda';
import { bytesToHex, sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import type { Received, Receiving } from '@sluice/storage';
import { channelMissing, RegistryError } from '../errors.ts';
import type { AdmitDeps } from './deps.ts';
import { firstListed, refuseFuture } from './index-time.ts';
import { inspectionRow } from './inspection-row.ts';
import { runExportsOfPackage } from './run-exports-text.ts';

/** One uploaded file: its bytes are in `receiving`, finished; its name and place are what the client said. */
export interface Upload {
  channel: { id: number; path: string; types: readonly string[] };
  fileName: string;
  /** The subdir the client names; the package's own when it names none. */
  subdir?: string | undefined;
  receiving: Receiving;
  /** Who uploads, for the audit. */
  actor: string;
}

/** `created`: new here. `same`: these very bytes were here already, nothing changed. */
export interface UploadResult {
  status: 'created' | 'same';
  name: string;
  version: string;
  build: string;
  subdir: string;
  file: string;
  sha256: string;
  md5: string;
  size: number;
}

/**
 * Admit one uploaded conda package into a channel's own files.
 *
 * The archive is read within bounds, its metadata must agree with the file name and the place; then, in one short
 * transaction that keeps collections out, the bytes become durable and record, audit and the job that publishes are written. The receiving is committed or discarded.
 *
 * @throws {RegistryError} `type_not_allowed`, `archive_refused`, `metadata_mismatch`, `subdir_mismatch`, `file_name`,
 *   `upload_empty`, `timestamp_future`, `channel_missing` when it was deleted meanwhile, and `file_exists` when other bytes have that name: a file name means the same bytes for ever.
 */
export async function admitUpload(deps: AdmitDeps, upload: Upload): Promise<UploadResult> {
  try {
    const received = await upload.receiving.finish();
    const inspected = await inspect(deps, upload, received);
    upload.receiving.verified();
    return await record(deps, upload, received, inspected);
  } finally {
    await upload.receiving.discard();
  }
}

type Inspected = Awaited<ReturnType<typeof inspect>>;

async function inspect(deps: AdmitDeps, upload: Upload, received: Received) {
  const { fileName, channel } = upload;
  if (!channel.types.includes('conda')) {
    throw new RegistryError('type_not_allowed', `The channel ${channel.path} holds no conda packages.`, {
      wanted: channel.types.join(', '),
      found: 'conda',
    });
  }
  if (received.size === 0) {
    throw new RegistryError('upload_empty', 'The file is empty; upload the package itself.', {
      wanted: 'a conda package',
      found: '0 bytes',
    });
  }
  translated('file_name', () => parseFileName(fileName));
  const inspection = await inspectConda(upload.receiving.path, fileName, { limits: deps.limits ?? {} }).catch(
    (error) => {
      throw new RegistryError('archive_refused', `${fileName} was refused: ${error.message}`, { cause: error });
    },
  );
  const record = translated('metadata_mismatch', () =>
    recordOf(upload, received, parseIndexJson(inspection.texts.get('info/index.json') ?? ''), deps.now()),
  );
  return { inspection, record };
}

/** Run `read`, making what a format refuses a refusal of ours. */
function translated<T>(code: 'file_name' | 'metadata_mismatch', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RegistryError(code, error.message, { wanted: error.wanted, found: error.found, cause: error });
  }
}

function recordOf(upload: Upload, received: Received, index: IndexJson, now: Date) {
  refuseFuture(upload.fileName, index, now);
  const own = index.subdir;
  const subdir = upload.subdir ?? own;
  if (subdir === undefined || (own !== undefined && own !== subdir)) {
    throw new RegistryError(
      'subdir_mismatch',
      `${upload.fileName} belongs to the subdir ${own ?? '(it names none)'}, not to ${upload.subdir ?? '(none was given)'}.`,
      { wanted: own, found: upload.subdir },
    );
  }
  return recordFromIndexJson(index, {
    subdir,
    fileName: upload.fileName,
    md5: received.md5,
    sha256: received.sha256,
    size: received.size,
  });
}

async function record(
  deps: AdmitDeps,
  upload: Upload,
  received: Received,
  { inspection, record }: Inspected,
): Promise<UploadResult> {
  const { fileName, channel } = upload;
  const now = deps.now();
  const sha256 = sha256ToBytes(received.sha256);
  const { name, version, build, subdir } = viewRecord(record);
  const result = { name, version, build, subdir: subdir as string, file: fileName, ...received };
  return deps.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    await upload.receiving.commit();
    if (!(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    const source = await lockUploadsSource(trx, channel.id, now);
    const part: Part = { source_id: source.id, subdir: result.subdir };
    const [existing] = await findLatestRecords(trx, part, [fileName], source.revision);
    if (existing && existing.to_rev === null) {
      const computed = await findRecordDigest(trx, part, fileName, existing.from_rev);
      const before = readRecord(existing.body).sha256 ?? (computed && bytesToHex(computed));
      if (before === received.sha256) return { status: 'same', ...result };
      throw new RegistryError(
        'file_exists',
        `${result.subdir}/${fileName} is already in ${channel.path} with other bytes. Raise the version or the build number.`,
        { wanted: `sha256 ${before ?? 'unknown'}`, found: `sha256 ${received.sha256}` },
      );
    }
    const revision = source.revision + 1;
    const indexed_timestamp = await firstListed(trx, part, existing, { sha256: received.sha256, now });
    await insertBlobs(trx, [{ sha256, size: received.size, pack: null, pack_offset: null }], now);
    await insertInspections(trx, [inspectionRow(sha256, inspection)], now);
    await closeRecords(trx, part, [fileName], revision);
    await insertRecord(trx, part, {
      file: fileName,
      from_rev: revision,
      body: new TextEncoder().encode(writeJson({ ...record, indexed_timestamp })),
      v3: needsV3(record),
      extra: runExportsOfPackage(inspection),
    });
    await savePart(trx, part, { ...noOrigin, records: 0 }, revision, now);
    await recordEvent(trx, {
      at: now,
      actor: upload.actor,
      action: 'artifact_registered',
      channel: channel.path,
      subject: `${result.subdir}/${fileName}`,
      data: { artifact_family: 'conda', ckey: `${result.subdir}/${fileName}`, sha256: received.sha256 },
    });
    await enqueuePublication(trx, channel.id, [{ text: 'upload', actor: upload.actor }]);
    return { status: 'created', ...result };
  });
}

const noOrigin = { document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: null };

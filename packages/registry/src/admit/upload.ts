import {
  closeRecords,
  type Db,
  enqueuePublication,
  findLatestRecords,
  findOlderRecords,
  findRecordDigest,
  insertBlobs,
  insertInspections,
  insertRecord,
  insertRecordDigest,
  liveFilesBetween,
  lockChannel,
  lockUploadsSource,
  noOrigin,
  type Part,
  placeBlobs,
  type RecordVersion,
  recordEvent,
  saveCompanions,
  savePart,
  shareBlobs,
} from '@sluice/catalog';
import { bytesToHex, sha256ToBytes } from '@sluice/formats/digest';
import { fileRange, type PackageType, packageFamily } from '@sluice/formats/package';
import { putSmallBlobs, type Received, type Receiving } from '@sluice/storage';
import { channelMissing, RegistryError } from '../errors.ts';
import type { AdmitDeps } from './deps.ts';
import { noteRevision } from './note-revision.ts';
import { uploadFormat } from './upload-formats/index.ts';
import type { InspectedUpload, UploadFormat } from './upload-formats/upload-format.ts';

/** One uploaded file: its bytes are in `receiving`, finished; its name and place are what the client said. */
export interface Upload {
  channel: { id: number; path: string; types: readonly string[] };
  fileName: string;
  /** What kind of file it is in the client's words; by its name when it does not say. */
  filetype?: string | undefined;
  /** The subdir the client names; the package's own when it names none. Of conda packages only. */
  subdir?: string | undefined;
  /** The Python project that the client names. The file decides; but some file names can be read in two ways. */
  project?: string | undefined;
  /** Of a general file: the name that its versions stand under, and its version if it has one. */
  group?: string | undefined;
  version?: string | undefined;
  /** The attestations that came with it, checked and as they are served. @see PEP 740 */
  provenance?: Uint8Array | undefined;
  receiving: Receiving;
  /** Who uploads, for the audit. */
  actor: string;
}

/** `created`: new here. `same`: these very bytes were here already, nothing changed. */
export interface UploadResult {
  status: 'created' | 'same';
  type: PackageType;
  name: string;
  version: string;
  build: string;
  part: string;
  /** The key in its part. */
  file: string;
  sha256: string;
  md5: string;
  size: number;
}

/**
 * Admit one uploaded package into a channel's own files.
 *
 * The archive is read within bounds, its metadata must agree with the file name and the place; then, in one short
 * transaction that keeps collections out, the bytes become durable and record, audit and the job that publishes are written.
 * The receiving is committed or discarded.
 *
 * @throws {RegistryError} `upload_kind`, `type_not_allowed`, `archive_refused`, `metadata_mismatch`, `subdir_mismatch`,
 *   `file_name`, `upload_empty`, `timestamp_future`, `release_taken`, `channel_missing` when it was deleted meanwhile, and `file_exists` when
 *   other bytes have that name: a file name means the same bytes for ever.
 */
export async function admitUpload(deps: AdmitDeps, upload: Upload): Promise<UploadResult> {
  try {
    const received = await upload.receiving.finish();
    const format = uploadFormat(upload);
    if (received.size === 0) {
      throw new RegistryError('upload_empty', 'The file is empty; upload the package itself.', {
        wanted: `a ${format.type} package`,
        found: '0 bytes',
      });
    }
    const inspected = await format.inspect(deps, upload, received);
    upload.receiving.verified();
    return await record(deps, upload, { format, received, inspected });
  } finally {
    await upload.receiving.discard();
  }
}

async function record(
  deps: AdmitDeps,
  { channel, receiving, actor }: Upload,
  { format, received, inspected }: { format: UploadFormat; received: Received; inspected: InspectedUpload },
): Promise<UploadResult> {
  const now = deps.now();
  const sha256 = sha256ToBytes(received.sha256);
  const { name, version, build, file, companions = [] } = inspected;
  const result = { type: format.type, name, version, build, part: inspected.part, file, ...received };
  const key = `${inspected.part}/${file}`;
  /** What stands beside it lies where it is written now: where it was known to lie, its bytes may be lost. */
  const noteBlobs = async (trx: Db) => {
    const bytes = companions.map((one) => one.bytes);
    const beside = await putSmallBlobs(deps.storage, bytes);
    await insertBlobs(trx, [{ sha256, size: received.size, pack: null, pack_offset: null }, ...beside], now);
    await placeBlobs(trx, beside);
    return beside;
  };
  return deps.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    await receiving.commit();
    if (!(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    const source = await lockUploadsSource(trx, channel.id, now);
    const part: Part = { source_id: source.id, subdir: inspected.part };
    const [existing] = await findLatestRecords(trx, part, [file], source.revision);
    if (existing && existing.to_rev === null) {
      const before = await digestOf(trx, part, format, existing);
      if (before === received.sha256) {
        await noteBlobs(trx);
        return { status: 'same', ...result };
      }
      throw new RegistryError(
        'file_exists',
        `${key} already exists in ${channel.path} with other bytes. Raise the version or the build number.`,
        { wanted: `sha256 ${before ?? 'unknown'}`, found: `sha256 ${received.sha256}` },
      );
    }
    if (inspected.isRival) await refuseRival(trx, part, format.type, inspected);
    const revision = source.revision + 1;
    const listedAt = await firstListed(trx, part, format, existing, { sha256: received.sha256, now });
    const beside = await noteBlobs(trx);
    await insertInspections(trx, inspected.inspection ? [inspected.inspection] : [], now);
    await closeRecords(trx, part, [file], revision);
    const { body, v3 = false } = inspected.record(listedAt);
    await insertRecord(trx, part, { file, from_rev: revision, body, v3, extra: inspected.extra });
    await saveCompanions(
      trx,
      companions.map(({ kind }, i) => ({ ...part, file, from_rev: revision, kind, blob: beside[i]!.sha256 })),
    );
    if (format.view(body).sha256 === undefined) {
      await insertRecordDigest(trx, part, { file, from_rev: revision, sha256 });
    }
    await savePart(trx, part, { ...noOrigin, records: 0 }, revision, now);
    const begun = [{ file, body, v3, extra: inspected.extra ?? null }];
    const at = { source_id: source.id, revision, at: now };
    await noteRevision(trx, at, { cause: 'upload', actor }, [{ subdir: part.subdir, begun, ended: [] }]);
    await recordEvent(trx, {
      at: now,
      actor,
      action: 'artifact_registered',
      channel: channel.path,
      subject: key,
      data: { artifact_family: packageFamily(format.type), ckey: key, sha256: received.sha256 },
    });
    await enqueuePublication(trx, channel.id, [{ text: 'upload', actor }]);
    return { status: 'created', ...result };
  });
}

/** @throws {RegistryError} `release_taken`. */
async function refuseRival(
  db: Db,
  part: Part,
  type: PackageType,
  { name, file, isRival }: InspectedUpload,
): Promise<void> {
  const others = await liveFilesBetween(db, part.source_id, fileRange(type, name));
  const rival = others.find((other) => other.subdir === part.subdir && other.file !== file && isRival!(other.file));
  if (rival === undefined) return;
  throw new RegistryError(
    'release_taken',
    `This release of ${name} has such a file, ${rival.file}, and there can be one only. Raise the version, or delete the other.`,
    { wanted: rival.file, found: file },
  );
}

async function digestOf(
  db: Db,
  part: Part,
  format: UploadFormat,
  { file, from_rev, body }: RecordVersion,
): Promise<string | undefined> {
  const said = format.view(body).sha256;
  if (said !== undefined) return said;
  const computed = await findRecordDigest(db, part, file, from_rev);
  return computed && bytesToHex(computed);
}

/**
 * When these bytes were first listed under this name, in milliseconds: now, unless they were here before and were deleted.
 * It is set once and never changes.
 *
 * @param latest the last version of the file, if there was one.
 * @see CEP 47
 */
async function firstListed(
  db: Db,
  part: Part,
  format: UploadFormat,
  latest: RecordVersion | undefined,
  { sha256, now }: { sha256: string; now: Date },
): Promise<number> {
  if (!latest) return now.getTime();
  const versions = [latest, ...(await findOlderRecords(db, part, latest.file, latest.from_rev, 100))];
  let first = now.getTime();
  for (const version of versions) {
    const { listedAt = first } = format.view(version.body);
    if (listedAt < first && (await digestOf(db, part, format, version)) === sha256) first = listedAt;
  }
  return first;
}

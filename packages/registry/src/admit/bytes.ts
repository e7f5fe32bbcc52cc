import { inspectConda } from '@sluice/archives';
import { type InspectionRow, insertBlobs, insertInspections, insertRecordDigest, shareBlobs } from '@sluice/catalog';
import { type IndexJson, parseFileName, parseIndexJson } from '@sluice/formats/conda';
import { sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import { type Received, type Receiving, StorageError } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';
import { inspectionRow } from './inspection-row.ts';

/** Bytes of a file that a record describes. The receiving was opened with the record's digests as its expectation. */
export interface ArrivedFile {
  receiving: Receiving;
  sourceId: number;
  subdir: string;
  file: string;
  /** The version of the record they belong to. */
  fromRev: number;
  /** Whether the record has a sha256; if not, the one we computed is remembered. */
  hasSha256: boolean;
}

/** What became of one arrived file. */
export type Arrival =
  | { ok: true; sha256: string; size: number }
  | { ok: false; code: 'digest_mismatch' | 'archive_refused'; message: string };

/**
 * Admit a batch of downloaded files (at most 500): each is verified against its record and its archive is read within
 * bounds; the good ones become durable together and one transaction writes their rows. A bad one is not stored and does
 * not hold up the others.
 *
 * @returns in the order given. Throws only what concerns the whole batch: the disk, the database, the guard.
 */
export async function admitBytes(deps: AdmitDeps, files: readonly ArrivedFile[], guard?: Guard): Promise<Arrival[]> {
  let checked: Checked[];
  try {
    checked = await Promise.all(files.map((file) => check(deps, file)));
    await store(deps, files, checked, guard);
  } finally {
    await Promise.all(files.map((file) => file.receiving.discard()));
  }
  return checked.map((result) =>
    result.ok
      ? { ok: true, sha256: result.received.sha256, size: result.received.size }
      : { ok: false, code: result.code, message: result.message },
  );
}

/** Make the good ones durable, then write their rows, with no collection in between. */
async function store(
  deps: AdmitDeps,
  files: readonly ArrivedFile[],
  checked: readonly Checked[],
  guard: Guard | undefined,
): Promise<void> {
  const good = files.flatMap((file, i) => {
    const result = checked[i]!;
    return result.ok ? [{ file, ...result }] : [];
  });
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    await shareBlobs(trx);
    await deps.storage.commitMany(good.map(({ file }) => file.receiving));
    const blobs = good.map(({ received, digest }) => ({
      sha256: digest,
      size: received.size,
      pack: null,
      pack_offset: null,
    }));
    await insertBlobs(trx, blobs, now);
    await insertInspections(
      trx,
      good.map(({ inspection }) => inspection),
      now,
    );
    for (const { file, digest } of good) {
      if (file.hasSha256) continue;
      const part = { source_id: file.sourceId, subdir: file.subdir };
      await insertRecordDigest(trx, part, { file: file.file, from_rev: file.fromRev, sha256: digest });
    }
    await guard?.(trx);
  });
}

type Checked =
  | { ok: true; received: Received; digest: Uint8Array; inspection: InspectionRow }
  | { ok: false; code: 'digest_mismatch' | 'archive_refused'; message: string };

async function check(deps: AdmitDeps, { receiving, file }: ArrivedFile): Promise<Checked> {
  try {
    const received = await receiving.finish();
    const inspection = await inspectConda(receiving.path, file, { limits: deps.limits ?? {} });
    const mismatch = nameMismatch(file, parseIndexJson(inspection.texts.get('info/index.json') ?? ''));
    if (mismatch) throw new FormatError('conda_file_name', mismatch);
    receiving.verified();
    const digest = sha256ToBytes(received.sha256);
    return { ok: true, received, digest, inspection: inspectionRow(digest, inspection) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const corrupt = error instanceof StorageError && error.code === 'blob_corrupt';
    if (error instanceof StorageError && !corrupt) throw error;
    await receiving.abort(error);
    return { ok: false, code: corrupt ? 'digest_mismatch' : 'archive_refused', message: error.message };
  }
}

function nameMismatch(file: string, index: IndexJson): string | undefined {
  const said = parseFileName(file);
  for (const key of ['name', 'version', 'build'] as const) {
    const own = index[key];
    if (own.toLowerCase() !== said[key].toLowerCase()) {
      return `The archive says ${key} ${own}, its file name says ${said[key]}.`;
    }
  }
  return undefined;
}

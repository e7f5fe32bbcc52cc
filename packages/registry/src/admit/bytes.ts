import {
  boundIdleTransaction,
  insertBlobs,
  insertInspections,
  insertRecordDigest,
  saveCompanions,
  shareBlobs,
} from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import { putSmallBlobs, type Received, type Receiving, StorageError } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';
import { inspectMirrored, type MirroredInspection } from './mirrored-file.ts';

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

/** Archives opened at a time: more would only keep others from the disk. */
const checksAtOnce = 4;

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
    checked = await checkAll(deps, files);
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
    const companions = good.flatMap(({ file, said }) => (said.companions ?? []).map((one) => ({ file, ...one })));
    const beside = await putSmallBlobs(
      deps.storage,
      companions.map(({ bytes }) => bytes),
    );
    // From here on others who bring the same bytes wait for us, but not while we are asleep.
    await boundIdleTransaction(trx);
    await insertBlobs(trx, [...blobs, ...beside], now);
    await insertInspections(
      trx,
      good.flatMap(({ said }) => said.inspection ?? []),
      now,
    );
    await saveCompanions(
      trx,
      companions.map(({ file, kind }, i) => ({ ...versionOf(file), kind, blob: beside[i]!.sha256 })),
    );
    for (const { file, digest } of good) {
      if (file.hasSha256) continue;
      const { source_id, subdir, ...version } = versionOf(file);
      await insertRecordDigest(trx, { source_id, subdir }, { ...version, sha256: digest });
    }
    await guard?.(trx);
  });
}

function versionOf({ sourceId, subdir, file, fromRev }: ArrivedFile) {
  return { source_id: sourceId, subdir, file, from_rev: fromRev };
}

type Checked =
  | { ok: true; received: Received; digest: Uint8Array; said: MirroredInspection }
  | { ok: false; code: 'digest_mismatch' | 'archive_refused'; message: string };

async function checkAll(deps: AdmitDeps, files: readonly ArrivedFile[]): Promise<Checked[]> {
  const checked: Checked[] = [];
  const left = files.entries();
  const lane = async () => {
    for (const [i, file] of left) checked[i] = await check(deps, file);
  };
  const lanes = await Promise.allSettled(Array.from({ length: checksAtOnce }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return checked;
}

async function check(deps: AdmitDeps, { receiving, subdir, file }: ArrivedFile): Promise<Checked> {
  try {
    const received = await receiving.finish();
    const digest = sha256ToBytes(received.sha256);
    const said = await inspectMirrored(deps, subdir, receiving.path, file, digest);
    receiving.verified();
    return { ok: true, received, digest, said };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const corrupt = error instanceof StorageError && error.code === 'blob_corrupt';
    if (error instanceof StorageError && !corrupt) throw error;
    await receiving.abort(error);
    return { ok: false, code: corrupt ? 'digest_mismatch' : 'archive_refused', message: error.message };
  }
}

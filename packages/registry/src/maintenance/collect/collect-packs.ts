import {
  type BlobAmount,
  type BlobRow,
  forgetRetired,
  moveBlobs,
  packedBlobs,
  packUse,
  retirePacks,
} from '@sluice/catalog';
import { blobRef, StorageError } from '@sluice/storage';
import type { Collection } from './context.ts';
import { add } from './report.ts';

/** A pack of which less is needed is rewritten. */
const leastShare = 0.5;
/** Bytes that go into one new pack. */
const mostBytes = 32 * 1024 * 1024;
const portion = 500;

interface StoredPack {
  id: string;
  size: number;
}

/** Eleventh stage: remove packs in which nothing has lain for a grace, and find those of which too little is needed. */
export async function lookAtPacks(collection: Collection): Promise<undefined> {
  const { deps, due } = collection;
  let page: StoredPack[] = [];
  for await (const object of deps.storage.list('packs')) {
    // A younger one may belong to a publication that is being made.
    if (object.kind !== 'pack' || object.modified > due.getTime()) continue;
    page.push({ id: object.id, size: object.size });
    if (page.length < portion) continue;
    await lookAtPage(collection, page);
    page = [];
  }
  await lookAtPage(collection, page);
  return undefined;
}

async function lookAtPage({ deps, dryRun, report, due, asOf, sparse }: Collection, packs: StoredPack[]): Promise<void> {
  const ids = packs.map(({ id }) => id);
  const use = await packUse(deps.db, ids);
  sparse.push(...packs.filter(({ id, size }) => isSparse(use.get(id), size)));
  if (dryRun) return;
  await forgetRetired(
    deps.db,
    ids.filter((id) => use.has(id)),
  );
  const sizes = new Map(packs.map(({ id, size }) => [id, size]));
  const empty = ids.filter((id) => !use.has(id));
  for (const id of await retirePacks(deps.db, empty, due, asOf)) {
    if (await deps.storage.deletePack(id)) add(report.packs, { count: 1, bytes: sizes.get(id)! });
    await forgetRetired(deps.db, [id]);
  }
}

function isSparse(use: BlobAmount | undefined, size: number): boolean {
  return use !== undefined && use.bytes < size * leastShare;
}

/** Last stage: copy what is needed of some of the sparse packs into a new one; readers still find it in the old. */
export async function rewritePacks(collection: Collection, at = 0): Promise<number | undefined> {
  const { deps, dryRun, report, sparse } = collection;
  const gathered: BlobRow[] = [];
  let next = at;
  for (let bytes = 0; next < sparse.length && bytes < mostBytes; next++) {
    const { id, size } = sparse[next]!;
    const blobs = await packedBlobs(deps.db, id);
    if (!dryRun && !(await areSound(collection, blobs))) report.damaged_packs.push(id);
    else {
      add(report.rewritten, { count: 1, bytes: size });
      gathered.push(...blobs);
      for (const blob of blobs) bytes += blob.size;
    }
  }
  if (!dryRun) await copyTogether(collection, gathered);
  return next < sparse.length ? next : undefined;
}

/** Whether the pack reaches as far as its blobs; what is wrong inside shows when it is copied. */
async function areSound({ deps }: Collection, blobs: readonly BlobRow[]): Promise<boolean> {
  const last = blobs.at(-1);
  return last === undefined || (await deps.storage.stat(blobRef(last))) !== undefined;
}

async function copyTogether({ deps, report }: Collection, blobs: readonly BlobRow[]): Promise<void> {
  if (blobs.length === 0) return;
  try {
    const copies = await deps.storage.repack(blobs.map(blobRef));
    const moves = copies.map(({ pack, offset }, i) => {
      const { sha256, pack: from } = blobs[i]!;
      return { sha256, from: from!, to: { pack, offset } };
    });
    await deps.db.transaction().execute((trx) => moveBlobs(trx, moves));
  } catch (error) {
    // Damage is not carried on: the old packs stay, and the check names the blob.
    if (!(error instanceof StorageError && (error.code === 'blob_corrupt' || error.code === 'blob_missing')))
      throw error;
    report.damaged_packs.push(...new Set(blobs.map(({ pack }) => pack!)));
  }
}

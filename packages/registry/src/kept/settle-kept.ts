import {
  closeRecords,
  copyKept,
  countKept,
  type Db,
  doneKept,
  forgetKept,
  insertRevision,
  type KeepingMirror,
  lockKeptSource,
  noOrigin,
  type RevisionBy,
  savePart,
  type VersionKey,
} from '@sluice/catalog';
import { digestOfAll } from '../admit/change-set.ts';
import { digestAt } from '../admit/note-revision.ts';

/** What became of the files that a mirror keeps showing. */
export interface SettledKept {
  /** Vanished now, and kept. */
  begun: number;
  /** Kept no longer: its source has them again. */
  back: number;
  /** Kept no longer, and gone: their time was up, or the mirror keeps nothing any more. */
  over: number;
  /** Kept in all from now on. */
  kept: number;
}

const dayMs = 86_400_000;

/**
 * Bring what a mirror keeps showing up to what it shows now: vanished files begin; files that its source has again, or that have
 * been gone for longer than its grace, end. All end where it keeps nothing, or shows another source than before.
 *
 * They are copies in a source of its own, at a new revision of it. In the transaction that moves the mirror, whose row is locked.
 *
 * @param mirror as it was before that.
 * @param to what it shows now.
 * @see product.md MI-16
 */
export async function settleKept(
  trx: Db,
  mirror: KeepingMirror,
  to: { source_id: number; revision: number },
  vanished: readonly VersionKey[],
  by: RevisionBy,
  now: Date,
): Promise<SettledKept> {
  const isSame = mirror.keep_removed && mirror.source_id === to.source_id;
  const begun = isSame ? vanished : [];
  if (begun.length === 0 && mirror.kept_source_id === null) return { begun: 0, back: 0, over: 0, kept: 0 };
  const kept = await lockKeptSource(trx, mirror.id, now);
  const goneBefore = mirror.grace_days === null ? null : new Date(now.getTime() - mirror.grace_days * dayMs);
  const ended = await doneKept(trx, kept.id, isSame ? { ...to, gone_before: goneBefore } : undefined);
  const back = ended.filter(({ is_back }) => is_back).length;
  const inAll = (await countKept(trx, kept.id)) + begun.length - ended.length;
  const settled = { begun: begun.length, back, over: ended.length - back, kept: inAll };
  if (begun.length + ended.length === 0) return settled;
  const revision = kept.revision + 1;
  const digests: Uint8Array[] = [];
  const [beginning, ending] = [bySubdir(begun), bySubdir(ended)];
  for (const subdir of new Set([...ending.keys(), ...beginning.keys()])) {
    const part = { source_id: kept.id, subdir };
    const files = (ending.get(subdir) ?? []).map(({ file }) => file);
    await closeRecords(trx, part, files, revision);
    await forgetKept(trx, part, files);
    const from = { source_id: to.source_id, subdir };
    await copyKept(trx, from, { source_id: kept.id, revision, gone_at: now }, beginning.get(subdir) ?? []);
    await savePart(trx, part, { ...noOrigin, records: 0 }, revision, now);
    digests.push(await digestAt(trx, part, revision));
  }
  const counts = { added: begun.length, changed: 0, removed: ended.length, sha256: digestOfAll(digests) };
  await insertRevision(trx, { source_id: kept.id, revision, at: now }, { ...by, cause: 'vanish' }, counts);
  return settled;
}

function bySubdir<T extends { subdir: string }>(files: readonly T[]): Map<string, T[]> {
  return Map.groupBy(files, ({ subdir }) => subdir);
}

import { changesBetween, type Db, findMirror } from '@sluice/catalog';
import { digestOfAll } from '@sluice/registry';

/** How a run changed what its mirror shows of the source, as its report and its event say it. */
export interface RunChanges {
  /** Over all revisions in between: a file that came and went counts twice. */
  added: number;
  changed: number;
  removed: number;
  /** The digest of all that, in hex, see registry/admit/change-set.ts; null when nothing changed. */
  sha256: string | null;
}

/** What changes when a mirror moves to a revision of a source, before it does. */
export async function changesOf(
  trx: Db,
  mirrorId: string,
  to: { source_id: number; revision: number },
): Promise<RunChanges> {
  const mirror = await findMirror(trx, mirrorId);
  const after = mirror?.shown_source_id === to.source_id ? mirror.at_rev : 0;
  const { digests, ...counts } = await changesBetween(trx, { source_id: to.source_id, after, upTo: to.revision });
  return { ...counts, sha256: digests.length === 0 ? null : Buffer.from(digestOfAll(digests)).toString('hex') };
}

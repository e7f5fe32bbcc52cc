import { changedShards, type Db, findPublicationTime, listedParts } from '@sluice/catalog';
import type { Judged } from './judged.ts';
import type { AddTouched } from './touched.ts';

/**
 * The names that channels below may show otherwise: those whose shard is another one in the publication of now than in that
 * of before; all of a channel that came, went or moved, or whose publication of before is not kept.
 *
 * @param shown the parts of which the head of the channel above shows anything.
 * @param add where they go, given the channel's place among those below.
 */
export async function touchedBelow(
  db: Db,
  before: Judged,
  after: Judged,
  shown: readonly string[],
  add: (place: number) => AddTouched,
): Promise<void> {
  const [old, now] = [numbers(before), numbers(after)];
  const isMoved = stayed(old, now).join() !== stayed(now, old).join();
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(id), now.get(id)];
    const take = add(Math.min(...[old, now].flatMap((one) => (one.has(id) ? [[...one.keys()].indexOf(id)] : []))));
    const keys = was === undefined || is === undefined || isMoved ? undefined : await changedBetween(db, id, was, is);
    if (keys === undefined) for (const part of new Set([...shown, ...(await listedParts(db, id))])) take(part);
    for (const key of keys ?? []) {
      const cut = key.indexOf('/');
      take(key.slice(0, cut), [key.slice(cut + 1)]);
    }
  }
}

/** The publications of the channels below, in their order. */
function numbers({ below = [] }: Judged): Map<number, number> {
  return new Map(below.map(({ channel_id, no }) => [channel_id, no]));
}

function stayed(one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): number[] {
  return [...one.keys()].filter((id) => other.has(id));
}

/** Undefined when nobody can tell: entries of a publication that is not kept may be gone, also since they were read. */
async function changedBetween(db: Db, id: number, was: number, is: number): Promise<string[] | undefined> {
  if (was === is) return [];
  const keys = await changedShards(db, id, was, is);
  return (await findPublicationTime(db, id, was)) === undefined ? undefined : keys;
}

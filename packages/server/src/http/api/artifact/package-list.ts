import { type ChannelRow, type Db, headPackageNames } from '@sluice/catalog';
import { remembered } from '../../remembered.ts';

/** Heads whose names are remembered; those of one of 31,000 names take 2 MB. */
const mostHeads = 8;

/** Finds a page of the package names in a channel's head, in byte order, and how many there are. `q`: a part of the name. */
export type PackageList = (
  channel: Pick<ChannelRow, 'id' | 'head_no'>,
  list: { q?: string | undefined; limit: number; offset: number },
) => Promise<{ names: string[]; total_count: number }>;

/**
 * Lists of heads, each read once: to find a page or a name in a large one, all of its entries would be looked at every time.
 * What a head has never changes, so nobody has to say when it is forgotten.
 */
export function openPackageLists({ db, now }: { db: Db; now: () => Date }): PackageList {
  const heads = remembered(([channelId]: [channelId: number, no: number]) => headPackageNames(db, channelId), {
    now,
    max_age_ms: Number.POSITIVE_INFINITY,
    entries: mostHeads,
  });
  return async ({ id, head_no }, { q, limit, offset }) => {
    const all = await heads.get([id, head_no]);
    const wanted = q?.toLowerCase();
    const found = wanted ? all.filter((name) => name.toLowerCase().includes(wanted)) : all;
    return { names: found.slice(offset, offset + limit), total_count: found.length };
  };
}

import { type Db, headCounts, headNameSubdirs } from '@sluice/catalog';
import type { SubdirPlan } from './plan-subdir.ts';

/** What a publication shows in all: package files, and package names over all subdirs. */
export interface HeadTotals {
  files: number;
  packages: number;
}

/**
 * What the next publication shows in all: the head's totals, and what the plans change of them.
 *
 * @param shown the subdirs of which the head shows anything.
 */
export async function nextTotals(
  db: Db,
  channel: { id: number; head_no: number },
  shown: readonly string[],
  plans: readonly SubdirPlan[],
): Promise<HeadTotals> {
  const before = await headCounts(db, channel.id, channel.head_no);
  const touched = new Set(plans.flatMap(({ appeared, vanished }) => [...appeared, ...vanished]));
  const known = await headNameSubdirs(db, channel.id, shown, [...touched]);
  const next = new Map(Array.from(touched, (name) => [name, new Set(known.get(name))]));
  for (const { subdir, appeared, vanished } of plans) {
    for (const name of appeared) next.get(name)!.add(subdir);
    for (const name of vanished) next.get(name)!.delete(subdir);
  }
  let packages = before?.packages ?? 0;
  for (const [name, subdirs] of next) packages += Number(subdirs.size > 0) - Number(known.has(name));
  return { files: plans.reduce((sum, plan) => sum + plan.files, before?.files ?? 0), packages };
}

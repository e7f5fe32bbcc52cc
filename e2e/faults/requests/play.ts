import { expect } from 'vitest';
import type { FaultKind } from './fault-kinds.ts';
import type { SmallMirror, UpstreamState } from './mirrors.ts';
import { openCase } from './one-case.ts';
import { leftovers, readStored, type Shown } from './shown-and-stored.ts';

/** How it is when nothing fails: what is asked for, in order, and the state in the end. */
export interface Faultless {
  readonly paths: readonly string[];
  readonly shown: Shown;
  readonly stored: object;
}

type FolderOf = (state: UpstreamState) => string;

/** Have an upstream go from its first state to a later one, and nothing fail. */
export async function playFaultless(mirror: SmallMirror, folderOf: FolderOf, later: UpstreamState): Promise<Faultless> {
  const { app, upstream, become, runAndRead, close } = await openCase(mirror, folderOf);
  try {
    become(later);
    const { run, shown } = await runAndRead();
    expect(run.state, JSON.stringify(run)).toBe('completed');
    expect(Object.values(shown).filter((one) => !one.startsWith('200'))).toEqual([]);
    return { paths: upstream.asked.map(({ path }) => path), shown, stored: await readStored(app) };
  } finally {
    await close();
  }
}

/**
 * The same with a fault at the request with index k. Then the fault is over, and the mirror runs once more, unless all is well
 * already.
 *
 * @param wells how it is without, by the upstream's state in the end.
 * @returns what the fault struck, and what came of it.
 */
export async function playFault(
  mirror: SmallMirror,
  folderOf: FolderOf,
  wells: ReadonlyMap<UpstreamState, Faultless>,
  k: number,
  { strike, end = 'second' }: FaultKind,
): Promise<string> {
  const { app, upstream, twin, first, become, runAndRead, close } = await openCase(mirror, folderOf);
  try {
    become('second');
    strike(k, { upstream, twin, folderOf });
    const { run, shown } = await runAndRead();
    const struck = upstream.asked.slice(k).map(({ path }) => path);
    // An index that changed while it was read may be of both states; the next run reads it again.
    const mayMix = end === 'third' ? mirror.indexes : [];
    expectWhole(shown, [first, ...[...wells.values()].map((well) => well.shown)], mayMix);
    if (run.state !== 'completed') {
      expect(run.state).toBe('failed');
      expect(shown).toMatchObject(first);
      expect(struck).toContain(new URL(run.failed_request!.url).pathname);
    }
    become(end);
    upstream.reset();
    const well = wells.get(end)!;
    const isWell = run.state === 'completed' && JSON.stringify(shown) === JSON.stringify(well.shown);
    const last = isWell ? { run, shown } : await runAndRead();
    expect(last.run.state, JSON.stringify(last.run)).toBe('completed');
    expect(last.shown).toEqual(well.shown);
    expect(await readStored(app)).toEqual(well.stored);
    expect(await leftovers(app)).toEqual({ temporary: [], runs: [], jobs: [] });
    return `${struck[0]}: ${run.state}${isWell ? '' : `, then ${last.run.state}`}`;
  } finally {
    await close();
  }
}

/** Whatever came is as it is in one of the upstream's states; what did not come is no matter here. */
function expectWhole(shown: Shown, wells: readonly Shown[], except: readonly string[]): void {
  for (const [place, one] of Object.entries(shown)) {
    if (one.startsWith('200') && !except.includes(place))
      expect(
        wells.map((well) => well[place]),
        place,
      ).toContain(one);
  }
}

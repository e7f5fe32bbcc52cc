import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomNumbers, testSeed } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isLong } from '../kill-moment.ts';
import { type FaultKind, faultKinds } from './fault-kinds.ts';
import { smallMirrors, type UpstreamState } from './mirrors.ts';
import { type Faultless, playFault, playFaultless } from './play.ts';

// Every request of a small mirror of each type fails in every way, one at a time, while the mirror goes from one state of its
// upstream to the next: what is shown is one of both and nothing between, and in the end all is as if nothing had failed.

// Nobody waits for the pauses between two attempts. Leases and time limits go by other clocks.
vi.mock('node:timers/promises', async (original) => {
  const real = await original<typeof import('node:timers/promises')>();
  const setTimeout: typeof real.setTimeout = (ms = 0, value, options) =>
    real.setTimeout(ms > 200 ? ms / 50 : ms, value, options);
  return { ...real, setTimeout };
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-requests-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Cases of one mirror that are played at a time: most of each is waiting for publications, at most one a second. */
const sideBySide = 5;

interface Strike {
  readonly k: number;
  readonly kind: FaultKind;
}

/** All of them; of `npm test` a few, others with another `SEED`. */
function strikesOf(requests: number, salt: number): Strike[] {
  const all = Array.from({ length: requests }, (_, k) => faultKinds.map((kind) => ({ k, kind }))).flat();
  if (isLong) return all;
  const random = randomNumbers(testSeed * 100 + salt);
  return Array.from({ length: 2 }, () => all[Math.floor(random() * all.length)]!);
}

describe.each(smallMirrors)('$name', (mirror) => {
  const folderOf = (state: UpstreamState) => path.join(folder, mirror.name.replace(/\W+/g, '-'), state);
  const wells = new Map<UpstreamState, Faultless>();
  beforeAll(async () => {
    for (const state of ['first', 'second', 'third'] as const) {
      mkdirSync(folderOf(state), { recursive: true });
      await mirror.write(folderOf(state), state);
    }
    wells.set('second', await playFaultless(mirror, folderOf, 'second'));
  });

  test('whatever fails', { timeout: isLong ? 1_800_000 : 180_000 }, async () => {
    const strikes = strikesOf(wells.get('second')!.paths.length, smallMirrors.indexOf(mirror));
    if (strikes.some(({ kind }) => kind.end === 'third')) {
      wells.set('third', await playFaultless(mirror, folderOf, 'third'));
    }
    const failed: string[] = [];
    const left = strikes.values();
    const play = async () => {
      for (const { k, kind } of left) {
        const title = `request ${k}, ${kind.name}`;
        await playFault(mirror, folderOf, wells, k, kind).then(
          (story) => console.log(`${mirror.name}: ${title}: ${story}`),
          (error: Error) => failed.push(`${title} (${wells.get('second')!.paths[k]}): ${error.message}`),
        );
      }
    };
    await Promise.all(Array.from({ length: sideBySide }, play));
    expect(failed, `seed ${testSeed}`).toEqual([]);
  });
});

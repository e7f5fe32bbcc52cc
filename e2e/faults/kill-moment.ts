import { randomNumbers } from '@sluice/testkit';

/** When to strike: once this share of the work is seen to be begun (below 0 at once, above 1 at its end), then so much later. */
export interface KillMoment {
  readonly share: number;
  readonly thenMs: number;
}

/**
 * The moment a seed stands for.
 *
 * @param from with `to`: which part of the work to strike in.
 */
export function momentOf(seed: number, from: number, to: number, latestMs = 60): KillMoment {
  const next = randomNumbers(seed);
  return { share: from + next() * (to - from), thenMs: Math.round(next() * latestMs) };
}

/** Whether the exhaustive form was asked for: `npm run test:long`. */
export const isLong = Boolean(process.env.LONG);

/**
 * The seeds a scenario runs with: `short` of `npm test`, in the long form as many random ones as `long` says. `SEED=<n>,<n>`
 * repeats some.
 */
export function seedsOf(short: readonly number[], long: number): readonly number[] {
  if (process.env.SEED) return process.env.SEED.split(',').map(Number);
  if (!isLong) return short;
  return Array.from({ length: long }, () => Math.floor(Math.random() * 2 ** 32));
}

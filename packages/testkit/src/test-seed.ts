/** The seed of `npm test`: any would do, and none was looked for that passes. */
const USUAL = 1;

/**
 * What the invented input of tests grows from: `SEED` when given (the first of several), else the same one in every run, so that a
 * commit has one verdict. In the long form, which explores, chance says.
 */
export function seedOf({ SEED, LONG }: NodeJS.ProcessEnv): number {
  if (SEED) return Number.parseInt(SEED, 10);
  return LONG ? Math.trunc((Math.random() - 0.5) * 2 ** 32) : USUAL;
}

/** The seed of this test file; a property that fails prints it. */
export const testSeed = seedOf(process.env);

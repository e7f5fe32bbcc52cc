import { describe } from 'vitest';
import { whyNoNamespaces } from './network-namespace.ts';

/** Describe tests that make networks. Where none can be made the tests are skipped, and a line says why. */
export function describeInNamespaces(name: string, tests: () => void): void {
  const reason = whyNoNamespaces();
  if (reason === undefined) return void describe(name, tests);
  console.warn(`SKIPPED ${name}: ${reason}`);
  describe.skip(`${name} (skipped: ${reason})`, tests);
}

import { describe } from 'vitest';
import { pythonEnvironment } from './python-environment.ts';

/**
 * Describe tests that need the Python clients. Where these cannot be had, the tests are skipped and a line says why;
 * with `CI=true` the file fails.
 */
export async function describeWithPython(
  name: string,
  tests: (python: string) => void,
  requirements?: Parameters<typeof pythonEnvironment>[0],
): Promise<void> {
  const environment = await pythonEnvironment(requirements);
  if (environment.available) {
    describe(name, () => tests(environment.python));
    return;
  }
  console.warn(`SKIPPED ${name}: ${environment.reason}`);
  describe.skip(`${name} (skipped: ${environment.reason})`, () => tests(''));
}

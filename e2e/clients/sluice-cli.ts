import path from 'node:path';
import { type ClientEnding, runClient } from './client-process.ts';

const program = path.join(import.meta.dirname, '../../packages/cli/bin/sluice.mjs');

/**
 * Run Sluice's own command line, with a home of its own.
 *
 * @param home keeps its sign-in from one call to the next.
 * @param options.stdin what it reads, e.g. a password.
 * @param options.token whom it asks as, where it is not signed in.
 */
export function runSluiceCli(
  home: string,
  url: string,
  args: readonly string[],
  options: { readonly stdin?: string; readonly token?: string } = {},
): Promise<ClientEnding> {
  return runClient({
    argv: [process.execPath, program, ...args],
    work: home,
    env: { SLUICE_URL: url, ...(options.token === undefined ? {} : { SLUICE_TOKEN: options.token }) },
    stdin: options.stdin ?? '',
  });
}

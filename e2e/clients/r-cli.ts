import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'vitest';
import { type ClientEnding, runClient } from './client-process.ts';

/** Real R on this machine: its version, or why there is none. */
type RClient =
  | { readonly available: true; readonly version: string }
  | { readonly available: false; readonly reason: string };

/** Look for R. */
function findR(): RClient {
  try {
    return { available: true, version: execFileSync('Rscript', ['-e', 'cat(format(getRversion()))']).toString() };
  } catch {
    return { available: false, reason: 'there is no Rscript; Debian has it in r-base-core' };
  }
}

/**
 * Describe tests that need R. Where there is none the tests are skipped and a line says why; with `CI=true` the file fails.
 */
export function describeWithR(name: string, tests: () => void): void {
  const found = findR();
  if (found.available) return void describe(name, tests);
  if (process.env.CI === 'true') throw new Error(found.reason);
  console.warn(`SKIPPED ${name}: ${found.reason}`);
  describe.skip(`${name} (skipped: ${found.reason})`, tests);
}

/** How R is run. */
interface RRun {
  /** Its home; its library is `library/` below it. */
  readonly work: string;
  /** `getOption("repos")`, without a slash at the end. */
  readonly repos: string;
  /** What to do. Its warnings go to standard error as they come. */
  readonly code: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Run R code to its end with a library of its own, with nothing of this user's settings. */
export function runR({ work, repos, code, env = {} }: RRun): Promise<ClientEnding> {
  const library = path.join(work, 'library');
  mkdirSync(library, { recursive: true });
  const script = path.join(work, 'script.R');
  writeFileSync(script, `options(repos = c(CRAN = "${repos}"), warn = 1)\n${code}\n`);
  return runClient({
    argv: ['Rscript', '--no-environ', '--no-site-file', '--no-init-file', script],
    work,
    env: { R_LIBS: library, R_LIBS_USER: library, TMPDIR: work, ...env },
  });
}

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './run.ts';

// Runs the tests. --long runs their exhaustive forms (the tests read LONG=1). Other arguments go to Vitest.
// The last line counts: "N passed, N failed".

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

const given = process.argv.slice(2);
const env = given.includes('--long') ? { LONG: '1' } : {};
const cache = join(root, '.cache');
const file = join(cache, `test-results-${process.pid}.json`);
await mkdir(cache, { recursive: true });

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
const { status } = await run('vitest', ['run', ...reporters, ...given.filter((arg) => arg !== '--long')], {
  show: true,
  env,
});
const { passed, failed } = await count(status);
await rm(file, { force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : status;

/** A file that could not even be loaded counts as one failure, as does a run that broke off. */
async function count(status: number): Promise<{ passed: number; failed: number }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const results = JSON.parse(text) as Results;
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const failed = results.numFailedTests + unloaded.length;
  return { passed: results.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
}

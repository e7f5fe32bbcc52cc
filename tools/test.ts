import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root, run } from './run.ts';

// Runs the tests. --long runs their exhaustive forms (the tests read LONG=1). Other arguments go to Vitest.
// The last line counts: "N passed, N failed".

/** What a long run of everything is: benches promise times, so they come after the rest, one file at a time. */
const longRounds = [
  ['--exclude', 'bench/**'],
  ['--no-file-parallelism', 'bench/'],
];

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

const given = process.argv.slice(2);
const isLong = given.includes('--long');
const args = given.filter((arg) => arg !== '--long');
const cache = join(root, '.cache');
await mkdir(cache, { recursive: true });

const total = { passed: 0, failed: 0, status: 0 };
for (const round of isLong && args.length === 0 ? longRounds : [args]) {
  const { passed, failed, status } = await test(round);
  total.passed += passed;
  total.failed += failed;
  total.status ||= status;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : total.status;

async function test(args: readonly string[]): Promise<{ passed: number; failed: number; status: number }> {
  const file = join(cache, `test-results-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const env = isLong ? { LONG: '1' } : {};
  const { status } = await run('vitest', ['run', ...reporters, ...args], { show: true, env });
  const counted = await count(file, status);
  await rm(file, { force: true });
  return { ...counted, status };
}

/** A file that could not even be loaded counts as one failure, as does a run that broke off. */
async function count(file: string, status: number): Promise<{ passed: number; failed: number }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1 };
  const results = JSON.parse(text) as Results;
  const unloaded = results.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
  );
  const failed = results.numFailedTests + unloaded.length;
  return { passed: results.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
}

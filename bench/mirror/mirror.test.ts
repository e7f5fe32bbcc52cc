import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mirrorBench } from './index.ts';

const hasCurl = spawnSync('curl', ['--version']).status === 0;
if (!hasCurl) console.log('left out: a mirror beside curl, since there is no curl');

// So small that its figures mean nothing: every file must come through the faults, on both sides, and every figure be there.
test.skipIf(!hasCurl && process.env.CI !== 'true')('mirrors beside curl', { timeout: 600_000 }, async () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-mirror-bench-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const cache = path.join(scratch, 'cache');
  mkdirSync(cache);
  const params = { ...mirrorBench.params, files: 60, runs: 1, faults_percent: 20 };
  const figures = await mirrorBench.run({ params, cache, scratch, log: (line) => console.log(line) });
  expect(Object.keys(figures)).toEqual(expect.arrayContaining(Object.keys(mirrorBench.wanted!)));
  expect(Math.min(...Object.values(figures))).toBeGreaterThan(0);
});

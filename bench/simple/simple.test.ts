import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { simpleBench } from './index.ts';

const isLong = process.env.LONG === '1';

// The long form is the size of PyPI. The warm pages, which need two quiet cores, are left to the bench itself.
test('first asks bring all files, and the list goes to four clients in flat memory', { timeout: 600_000 }, async () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-simple-bench-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const cache = path.join(scratch, 'cache');
  mkdirSync(cache);
  const small = { large_files: 300, many_names: 20, many_connections: 5, root_names: 80_000 };
  const params = { ...simpleBench.params, projects: 0, runs: 1, ...(isLong ? {} : small) };
  const figures = await simpleBench.run({ params, cache, scratch, log: (line) => console.log(line) });
  console.log(JSON.stringify(figures));
  expect(figures.root_rss_growth_mb).toBeLessThan(50);
  expect(figures.first_ask_many_publications).toBeLessThanOrEqual(params.many_names);
});

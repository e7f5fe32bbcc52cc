import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { catalogBench } from './index.ts';

const isLong = process.env.LONG === '1';

// The long form is the size of all of conda-forge; the short one shows that the way there works.
test('a large catalog is there at once after a start, and quick to ask', { timeout: 3_600_000 }, async () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-catalog-bench-'));
  onTestFinished(() => rmSync(scratch, { recursive: true }));
  const cache = isLong ? path.join(import.meta.dirname, '../../.cache/bench') : path.join(scratch, 'cache');
  mkdirSync(cache, { recursive: true });
  const params = isLong ? catalogBench.params : { records: 6_000, names: 100, seed: 1, asks: 5 };
  const figures = await catalogBench.run({ params, cache, scratch, log: (line) => console.log(line) });
  console.log(JSON.stringify(figures));
  expect(figures.files).toBeGreaterThanOrEqual(params.records * 0.99);
  for (const [name, most] of Object.entries(isLong ? catalogBench.wanted! : {})) {
    expect(figures[name], name).toBeLessThanOrEqual(most);
  }
});

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleBench } from './bundle/index.ts';
import { filterBench } from './filter/index.ts';
import { makeCorpus, makeSpares } from './publish/corpus.ts';
import { sluiceRun } from './publish/sluice-run.ts';

// The benches themselves, so small that their figures mean nothing: what they check must hold, and every figure is there.

const scratch = mkdtempSync(path.join(os.tmpdir(), 'sluice-benches-'));
const cache = path.join(scratch, 'cache');
beforeAll(() => void mkdirSync(cache));
afterAll(() => rmSync(scratch, { recursive: true }));
const log = () => {};

it('filters, edits and refreshes a channel', { timeout: 600_000 }, async () => {
  const params = { records: 3_000, names: 150, seed: 2, runs: 1 };
  const figures = await filterBench.run({ params, cache, scratch: path.join(scratch, 'filter'), log });
  expect(Object.keys(figures)).toEqual(expect.arrayContaining(Object.keys(filterBench.wanted!)));
  expect(figures).toMatchObject({ shards_rewritten_1: 1, shards_rewritten_2500: 15 });
  expect(Math.min(...Object.values(figures))).toBeGreaterThan(0);
});

it('publishes a folder and adds to it', { timeout: 600_000 }, async () => {
  const params = { files: 60, seed: 1, runs: 1, uploads: 1, added_files: 1 };
  const corpus = await makeCorpus(params, cache, log);
  const spares = await makeSpares(params, 2);
  const { figures, listed } = await sluiceRun({ corpus, spares, params, folder: path.join(scratch, 'publish'), log });
  expect(listed.size).toBe(60);
  expect(corpus.files.filter((file) => file.endsWith('.tar.bz2'))).toHaveLength(6);
  expect(Math.min(...Object.values(figures))).toBeGreaterThan(0);
});

it('bundles a folder, and what changed of it', { timeout: 600_000 }, async () => {
  const params = { files: 200, seed: 1, runs: 1 };
  const figures = await bundleBench.run({ params, cache, scratch: path.join(scratch, 'bundle'), log });
  expect(Object.keys(figures)).toEqual(expect.arrayContaining(Object.keys(bundleBench.wanted!)));
  expect(figures.delta_bytes_ratio).toBeLessThan(0.03);
  expect(Math.min(...Object.values(figures))).toBeGreaterThan(0);
});

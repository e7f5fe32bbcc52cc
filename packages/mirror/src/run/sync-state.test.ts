import type { RunRow } from '@sluice/catalog';
import { expect, test } from 'vitest';
import { addDenials, countsOf, filteredOf, noCounts } from './run-counts.ts';
import { syncState } from './sync-state.ts';

const wireCount = {
  total: 0,
  active: 0,
  passive: 0,
  failed: 0,
  removed: 0,
  kept: 0,
  mirror_filtered: {
    cve: 0,
    date: 0,
    license: 0,
    only_specs: 0,
    exclude_specs: 0,
    duplicated_legacy_conda: 0,
    signature: 0,
    age: 0,
    platform: 0,
    python: 0,
    type: 0,
    name: 0,
    reserved: 0,
  },
  channel_filtered: { license: 0, exclude_specs: 0, signature: 0, age: 0, platform: 0, python: 0, type: 0, name: 0 },
};

test('every key is there before the first run', () => {
  expect(syncState(undefined)).toEqual({
    last_ckey: null,
    last_exception: null,
    total_steps_count: 0,
    current_step_number: 0,
    current_step_percentage: 0,
    current_step_description: '',
    count: wireCount,
  });
});

test('denials are counted under their scope and wire name', () => {
  const counts = noCounts();
  addDenials(counts, [
    { scope: 'channel', code: 'channel_license', count: 2 },
    { scope: 'channel', code: 'type', count: 3 },
    { scope: 'mirror', code: 'license', count: 4 },
    { scope: 'mirror', code: 'duplicated_legacy_conda', count: 5 },
    { scope: 'mirror', code: 'license', count: 1 },
  ]);
  expect(counts.channel_filtered).toMatchObject({ license: 2, type: 3 });
  expect(counts.mirror_filtered).toMatchObject({ license: 5, duplicated_legacy_conda: 5 });
  expect(filteredOf(counts)).toBe(15);
  expect(countsOf(JSON.parse(JSON.stringify(counts)))).toEqual(counts);
  expect(countsOf({ total: 1 })).toEqual({ ...wireCount, total: 1 });
});

test.each([
  [{ state: 'running', step_done: 1, step_total: 3 }, 33],
  [{ state: 'running', step_done: 5, step_total: 3 }, 100],
  [{ state: 'running', step_done: 5, step_total: 0 }, 0],
  [{ state: 'completed', step_done: 0, step_total: 0 }, 100],
  [{ state: 'failed', step_done: 1, step_total: 2 }, 50],
])('percentage of %j is %i', (row, percentage) => {
  const run = { counts: {}, last_key: null, error_text: null, steps: 3, step: 1, step_text: '', ...row } as RunRow;
  expect(syncState(run).current_step_percentage).toBe(percentage);
});

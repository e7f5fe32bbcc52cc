import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true });
});
afterAll(() => it.close());

const cli = (...argv: string[]) => it.cli([...argv, '--json']);

test('layers of a channel are set and shown', async () => {
  for (const name of ['all', 'ours', 'theirs', 'ours/next']) await cli('channel', 'create', name);
  expect((await cli('channel', 'layers', 'all')).json).toEqual({ layers: [], name_priority: 'strict' });
  expect((await cli('channel', 'layers', 'all', '--set', 'ours,theirs')).json.layers).toEqual(['ours', 'theirs']);
  expect((await cli('channel', 'layers', 'all', '--priority', 'merge')).json).toEqual({
    layers: ['ours', 'theirs'],
    name_priority: 'merge',
  });
  expect((await it.cli(['channel', 'layers', 'all'])).stdout).toMatch(/below\s+ours, theirs\npriority\s+merge/);
  expect((await cli('channel', 'layers', 'ours/next', '--set', 'theirs')).json.layers).toEqual(['theirs']);
  expect((await it.cli(['channel', 'delete', 'theirs', '--yes'])).status).toBe(1);
  expect((await cli('channel', 'layers', 'all', '--set', '')).json.layers).toEqual([]);
});

test('names are reserved, listed and freed', async () => {
  expect((await cli('reserved', 'add', 'acme-*', '--note', 'ours')).json).toMatchObject({
    pattern: 'acme-*',
    note: 'ours',
  });
  expect((await it.cli(['reserved', 'list'])).stdout).toMatch(/NAME[\s\S]*acme-\*[\s\S]*ours/);
  expect((await cli('reserved', 'remove', 'acme-*')).json).toEqual({ freed: 'acme-*' });
  expect((await cli('reserved', 'list')).json.total_count).toBe(0);
  expect((await cli('reserved', 'remove', 'acme-*')).status).toBe(1);
});

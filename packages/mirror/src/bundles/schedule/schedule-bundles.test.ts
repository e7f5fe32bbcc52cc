import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCompanions } from '../../fetch-file/companions.ts';
import { createFileFetcher } from '../../fetch-file/file-fetcher.ts';
import { type Bench, openBench } from '../../testing/bench.ts';
import { bundleSlice } from '../bundle-slice.ts';
import type { BundleDeps } from '../deps.ts';
import { scheduleBundles } from './schedule-bundles.ts';
import { createBundleSchedule } from './schedule-verbs.ts';

let folder: string;
let bench: Bench;
let now = new Date('2026-11-01T12:00:00Z');
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundles-'));
  bench = await openBench(folder);
  now = new Date('2026-11-01T12:00:00Z');
  writeFileSync(join(folder, 'cve.zip'), 'advisories of the first day');
});
afterEach(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

function deps(): BundleDeps {
  const fetcher = createFileFetcher(bench.deps);
  return {
    ...bench.deps,
    now: () => now,
    fetcher,
    companions: createCompanions(bench.deps, fetcher),
    publishedParts: async () => [],
    async *listedVersions() {},
    changedVersions: async () => undefined,
    ownChangedNames: async () => undefined,
    bundleFolder: join(folder, 'airgap'),
  };
}

async function workedOff() {
  const ends = [];
  for (const { task, payload } of await bench.takeJobs()) {
    if (task === 'bundle-slice') ends.push(await bundleSlice(deps(), payload.id as string, { budget_ms: 20_000 }));
  }
  return ends;
}

const bundles = () => bench.deps.db.selectFrom('bundle').selectAll().orderBy('serial').execute();

test('advisories go out every day; days that were missed are made up once, and the last few stay', async () => {
  const definition = { series: 'advisories', attachments: [join(folder, 'cve.zip')], since: 'last', keep: 2 } as const;
  await createBundleSchedule(deps(), { name: 'daily', definition, cron: 'daily', time_zone: 'Europe/Berlin' }, 'admin');
  expect(await scheduleBundles(deps())).toBe(0);

  // Midnight there is 23:00 here.
  now = new Date('2026-11-01T23:00:01Z');
  expect(await scheduleBundles(deps())).toBe(1);
  expect(await scheduleBundles(deps())).toBe(0);
  expect(await workedOff()).toEqual([{ status: 'completed' }]);
  expect(await bundles()).toMatchObject([{ serial: 1, base_serial: null, state: 'completed', actor: 'system' }]);

  now = new Date('2026-11-05T08:00:00Z');
  writeFileSync(join(folder, 'cve.zip'), 'advisories of the fourth day');
  expect(await scheduleBundles(deps())).toBe(1);
  expect(await scheduleBundles(deps())).toBe(0);
  // While it is being made the next time passes.
  now = new Date('2026-11-06T08:00:00Z');
  expect(await scheduleBundles(deps())).toBe(0);
  await workedOff();
  now = new Date('2026-11-07T08:00:00Z');
  expect(await scheduleBundles(deps())).toBe(1);
  await workedOff();
  const made = await bundles();
  expect(made.map(({ serial, base_serial, report }) => [serial, base_serial, report.blobs])).toEqual([
    [2, 1, 1],
    [3, 2, 0],
  ]);
});

test('one that failed holds nothing any more when a later one of a series that keeps few is made', async () => {
  const definition = { series: 'advisories', attachments: [join(folder, 'cve.zip')], keep: 2 } as const;
  await createBundleSchedule(deps(), { name: 'daily', definition, cron: 'daily', time_zone: 'UTC' }, 'admin');
  rmSync(join(folder, 'cve.zip'));
  now = new Date('2026-11-02T00:00:01Z');
  await scheduleBundles(deps());
  expect(await workedOff()).toMatchObject([{ status: 'failed' }]);
  writeFileSync(join(folder, 'cve.zip'), 'advisories');
  now = new Date('2026-11-03T00:00:01Z');
  await scheduleBundles(deps());
  expect(await workedOff()).toEqual([{ status: 'completed' }]);
  expect((await bundles()).map(({ serial }) => serial)).toEqual([2]);
});

test('a schedule whose channel is gone says so in the audit, and goes on the next time', async () => {
  const definition = { channels: ['nowhere'] };
  await createBundleSchedule(deps(), { name: 'lost', definition, cron: 'hourly', time_zone: 'UTC' }, 'admin');
  now = new Date('2026-11-01T13:00:01Z');
  expect(await scheduleBundles(deps())).toBe(0);
  expect(await bench.events()).toEqual(['bundle_schedule_created', 'bundle_failed']);
});

test('a slice that is killed in the middle of a part leaves no half of it, and the next one goes on', async () => {
  const { createBundle } = await import('../out/create-bundle.ts');
  for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, `${name}.bin`), Buffer.alloc(60_000, name));
  const attachments = ['a', 'b', 'c'].map((name) => join(folder, `${name}.bin`));
  const maker = { name: 'tester', mayBundle: () => {} };
  const row = await createBundle(deps(), { series: 'cut', attachments, part_bytes: 65_536 }, maker);
  let reads = 0;
  const dying = deps();
  const storage = Object.create(dying.storage, {
    readMany: {
      value: async (...given: Parameters<typeof dying.storage.readMany>) => {
        // The process is gone: nothing that it has begun comes to an end.
        if (++reads > 1) throw new Error('killed');
        return dying.storage.readMany(...given);
      },
    },
  });
  expect(await bundleSlice({ ...dying, storage }, row.id, { budget_ms: 20_000 })).toMatchObject({ status: 'failed' });
  const parts = () => bench.deps.db.selectFrom('bundle_part').selectAll().orderBy('part').execute();
  const before = (await parts()).filter(({ state }) => state === 'done');
  expect(before.length).toBeGreaterThan(0);
  await bench.deps.db.updateTable('bundle').set({ state: 'running' }).execute();
  expect(await bundleSlice(deps(), row.id, { budget_ms: 20_000 })).toEqual({ status: 'completed' });
  const after = await parts();
  expect(after.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  for (const part of before) expect(after).toContainEqual(part);
});

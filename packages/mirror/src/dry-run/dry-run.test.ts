import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  condaSubdirs,
  removeCondaDocuments,
  type UpstreamServer,
  writeCondaPackages,
  writeCondaShards,
} from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import { filteredOf } from '../run/run-counts.ts';
import type { Bench } from '../testing/bench.ts';
import { sceneForEach } from '../testing/scene.ts';
import { type DryRun, type DryRunWish, dryRun } from './dry-run.ts';

let channel: string;
let upstream: UpstreamServer;
let bench: Bench;

sceneForEach((scene) => {
  ({ channel, upstream, bench } = scene);
});

const all = { limit: 1000, offset: 0 };
const tryOut = (wish: DryRunWish, page = all) => dryRun(bench.deps, wish, page);
const input = (more: object = {}) => ({
  channelId: bench.channel.id,
  input: { mirror_name: 'try', source_root: upstream.url, ...more },
});

async function rows(): Promise<string> {
  const tables = [
    'channel',
    'source',
    'source_part',
    'record',
    'facts',
    'blob',
    'mirror',
    'run',
    'run_item',
    'event',
    'folder_file',
    'refused_record',
  ];
  const counts = tables.map((table) => `(select count(*) from ${table})`).join(', ');
  const { rows } = await bench.database.pool.query(
    `select ${counts}, (select count(*) from graphile_worker._private_jobs)`,
  );
  return JSON.stringify(rows);
}

function actions(plan: DryRun): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const { action } of plan.items) sum[action] = (sum[action] ?? 0) + 1;
  return sum;
}

describe('a dry run', () => {
  test.each([
    ['passive', {}],
    ['active', { mirror_mode: 'active' }],
    ['filtered', { filters: { subdirs: ['noarch', 'linux-64'], exclude_specs: ['p*'], exclude_licenses: ['gpl3'] } }],
    ['of a folder', { source_root: 'folder' }],
    ['of shards alone', { filters: { exclude_licenses: ['gpl3'] } }],
  ])('(%s) counts as the run does, and writes nothing', async (what, more) => {
    if (what === 'of shards alone') {
      for (const subdir of condaSubdirs) {
        writeCondaShards(channel, subdir);
        removeCondaDocuments(channel, subdir);
      }
    }
    const given = 'source_root' in more ? { ...more, source_root: channel } : more;
    const before = await rows();
    const plan = await tryOut(input(given));
    expect(await rows()).toBe(before);
    const run = await bench.lastRun(await bench.mirror({ source_root: upstream.url, ...given }));
    expect(plan.count).toEqual(run.counts);
    expect(filteredOf(plan.count) + plan.count.active + plan.count.passive + plan.count.failed).toBe(plan.count.total);
    expect(plan.count.total).toBeGreaterThan(20);
    expect(plan.total_count).toBe(plan.items.length);
    expect(plan.items.filter((item) => item.action === 'drop').length).toBe(filteredOf(plan.count));
  });

  test('tells a file’s fate and why', async () => {
    const plan = await tryOut(
      input({
        filters: { subdirs: ['noarch'], exclude_specs: ['*'], include_specs: ['*[license_family=BSD]'] },
        keep_legacy: true,
      }),
    );
    const dropped = plan.items.find((item) => item.action === 'drop');
    expect(dropped!.reason).toMatchObject({
      code: 'exclude_specs',
      scope: 'mirror',
      rule: 'exclude_specs: *',
      remedy: expect.any(String),
    });
    expect(plan.items.filter((item) => item.action === 'on_request').every((item) => item.reason === null)).toBe(true);
  });

  test('knows what is here, and what would be fetched', async () => {
    const fresh = await tryOut(input({ mirror_mode: 'active' }));
    expect(actions(fresh)).toEqual({ fetch: fresh.count.active, drop: filteredOf(fresh.count) });
    expect(fresh.to_fetch.files).toBe(fresh.count.active);
    expect(fresh.to_fetch.bytes).toBe(
      fresh.items.reduce((sum, item) => sum + (item.action === 'fetch' ? item.size! : 0), 0),
    );
    await bench.mirror({ source_root: upstream.url, mirror_mode: 'active', filters: { subdirs: ['noarch'] } });
    const now = await tryOut(input({ mirror_mode: 'active' }));
    expect(actions(now).local).toBeGreaterThan(0);
    expect(now.to_fetch.files).toBe(fresh.to_fetch.files - actions(now).local!);
    expect(now.parts.map(({ subdir, status }) => [subdir, status])).toContainEqual(['noarch', 'unchanged']);
  });

  test('is paged in a stable order', async () => {
    const whole = await tryOut(input());
    const pages = await Promise.all([0, 20, 40, 60].map((offset) => tryOut(input(), { limit: 20, offset })));
    expect(pages.flatMap((page) => page.items)).toEqual(whole.items.slice(0, 80));
    expect(new Set(pages.map((page) => page.total_count))).toEqual(new Set([whole.total_count]));
  });

  test('of changes to a mirror shows what would leave', async () => {
    const mirrorId = await bench.mirror({ source_root: upstream.url, filters: { subdirs: ['noarch'] } });
    const run = await bench.lastRun(mirrorId);
    expect((await tryOut({ mirrorId })).count).toEqual(run.counts);
    const plan = await tryOut({ mirrorId, edit: { filters: { exclude_specs: ['*'] } } });
    expect(plan.count).toMatchObject({ passive: 0, removed: run.counts.passive });
  });

  test('of a bare folder opens its packages', async () => {
    rmSync(channel, { recursive: true });
    mkdirSync(channel);
    writeCondaPackages(channel);
    writeFileSync(join(channel, 'noarch', 'broken-1.0-0.conda'), 'no zip');
    const plan = await tryOut(input({ source_root: channel, keep_legacy: true }));
    expect(plan.count).toMatchObject({ total: 48, passive: 47, failed: 1 });
  });

  test.each([
    ['a definition that is wrong', { filters: { cve_score_threshold: 11 } }, 'definition_invalid'],
    ['a source that is not allowed', { source_root: 'http://169.254.169.254/' }, 'source_refused'],
    ['an upstream that is down', { source_root: 'http://127.0.0.1:1/' }, 'upstream_unavailable'],
  ])('of %s says so', async (_, more, code) => {
    await expect(tryOut(input(more))).rejects.toMatchObject({ code });
  });
});

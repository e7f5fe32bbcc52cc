import type { UpstreamServer } from '@sluice/testkit';
import { describe, expect, test } from 'vitest';
import type { Bench } from '../testing/bench.ts';
import { sceneForEach } from '../testing/scene.ts';
import { mirrorInfo } from '../verbs/mirror-view.ts';

let upstream: UpstreamServer;
let bench: Bench;

sceneForEach((scene) => {
  ({ upstream, bench } = scene);
});

const documents = /^\/noarch\/repodata\.json/;

describe('a run that failed says which request it was', () => {
  test.each([
    ['denied at once', { status: 401 }, { status: 401, error: 'upstream_denied', attempts: 1 }],
    ['tried again and again', { status: 500 }, { status: 500, error: 'upstream_unavailable', attempts: 12 }],
    ['cut short each time', { cutAfter_bytes: 20 }, { status: null, error: 'upstream_unavailable', attempts: 3 }],
    ['not what it says', { wrongBytes: true }, { status: 200, error: 'upstream_malformed', attempts: 1 }],
  ] as const)('%s', async (_, fault, expected) => {
    upstream.fail(documents, fault);
    const id = await bench.mirror({ source_root: upstream.url.replace('//', '//somebody:secret@') });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ state: 'failed', error_code: expected.error });
    const request = run.failed_request as Record<string, unknown>;
    expect(request).toMatchObject(expected);
    const url = new URL(request.url as string);
    expect([url.origin, url.username]).toEqual([upstream.url, '***']);
    expect(url.pathname).toMatch(documents);
    expect(upstream.count(url.pathname)).toBe(expected.attempts);
    expect(Math.abs(Date.parse(request.last_attempt_at as string) - Date.now())).toBeLessThan(60_000);

    const info = await mirrorInfo(bench.deps, id);
    expect(info.failed_request).toEqual(request);
    expect(info.what_next).toContain(info.next_run_at!.toISOString());
    await bench.deps.db.updateTable('mirror').set({ next_run_at: null }).execute();
    expect((await mirrorInfo(bench.deps, id)).what_next).toMatch('Nothing will happen by itself');
    const event = await bench.deps.db
      .selectFrom('event')
      .selectAll()
      .where('action', '=', 'mirror_failed')
      .executeTakeFirstOrThrow();
    expect(event.data).toMatchObject({
      error: expected.error,
      failed_request: request,
      next_run_at: info.next_run_at!.toISOString(),
    });
    expect(JSON.stringify([info, event])).not.toContain('secret');
  });

  test('of an upstream that is not there', async () => {
    const id = await bench.mirror({ source_root: 'http://127.0.0.1:1/c', filters: { subdirs: ['noarch'] } });
    const request = (await bench.lastRun(id)).failed_request;
    expect(request).toMatchObject({ status: null, error: 'upstream_unavailable', attempts: 12 });
  });

  test('of files, the last one that failed', async () => {
    upstream.fail(/\.(conda|bz2)$/, { status: 404 });
    const id = await bench.mirror({ source_root: upstream.url, mirror_mode: 'active' });
    const run = await bench.lastRun(id);
    expect(run).toMatchObject({ error_code: 'all_files_failed', failed_request: { status: 404, attempts: 1 } });
  });
});

describe('limits', () => {
  test('of bytes a second hold for the whole run, within a tenth', async () => {
    const input = { source_root: upstream.url, mirror_mode: 'active', filters: { subdirs: ['linux-64'] } };
    const free = await bench.lastRun(
      await bench.mirror({ ...input, mirror_name: 'free', source_root: `${upstream.url}/` }),
    );
    expect(free.state).toBe('completed');
    const bytes = () => [...upstream.traffic().values()].reduce((sum, one) => sum + one.bytes, 0);
    const whole = bytes();
    await bench.deps.db.deleteFrom('run_item').execute();
    await bench.database.pool.query('truncate blob cascade');
    upstream.reset();
    const bytes_per_second = Math.round(whole / 3);
    const began = performance.now();
    const run = await bench.lastRun(await bench.mirror({ ...input, limits: { bytes_per_second } }));
    const seconds = (performance.now() - began) / 1000;
    expect(run.state).toBe('completed');
    expect(bytes() / seconds).toBeLessThan(bytes_per_second * 1.1);
    // Three seconds by the limit; the rest is for the run around it, on a machine that has other work.
    expect(bytes() / seconds).toBeGreaterThan(bytes_per_second * 0.2);
  });

  test('of files at once hold', async () => {
    upstream.fail(/\.(conda|bz2)$/, { delay_ms: 30 });
    const open = new Set<object>();
    let most = 0;
    const { http } = bench.deps;
    const deps = {
      ...bench.deps,
      http: {
        ...http,
        open: async (request: Parameters<typeof http.open>[0]) => {
          if (!/\.(conda|bz2)$/.test(request.url)) return http.open(request);
          open.add(request);
          most = Math.max(most, open.size);
          return http.open(request).finally(() => open.delete(request));
        },
      },
    };
    Object.assign(bench.deps, deps);
    const run = await bench.lastRun(
      await bench.mirror({ source_root: upstream.url, mirror_mode: 'active', limits: { concurrency: 3 } }),
    );
    expect(run.state).toBe('completed');
    expect(most).toBe(3);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFollowers } from './followers.ts';

let app: TestApp;
let admin: string;
let folder: string;
let upstream: UpstreamServer;
const mirrors = '/api/channels/c/mirrors';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-upstream-'));
  writeCondaChannel(folder);
  upstream = await startUpstreamServer({ folder, validators: true, ranges: true });
  app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.1' } });
  admin = await app.adminToken();
  await app.request('POST', '/api/channels', { token: admin, body: { name: 'c' } });
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

const listen = (id: string, headers: Record<string, string> = { authorization: `Bearer ${admin}` }) =>
  fetch(`${app.url}${mirrors}/${id}/events`, { headers });

interface Told {
  event: string;
  id: string;
  // biome-ignore lint/suspicious/noExplicitAny: the answer of a route.
  mirror: any;
}

async function told(response: Response): Promise<Told[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block.includes('data:'));
  return blocks.map((block) => {
    const { event, id, data } = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
    return { event, id, mirror: JSON.parse(data) };
  });
}

describe('the events of a mirror', () => {
  it('tell how its run goes on, and end with it', async () => {
    upstream.fail(/\.(conda|bz2)$/, { bytesPerSecond: 20_000 });
    const body = { mirror_name: 'slow', source_root: upstream.url, mirror_mode: 'active', run_now: true };
    const { id } = (await app.request('POST', mirrors, { token: admin, body })).json;
    const response = await listen(id);
    expect(response.headers.get('content-type')).toMatch('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const events = await told(response);
    upstream.reset();
    expect(events.length).toBeGreaterThan(2);
    expect(events.map(({ event }) => event)).toEqual([...events.slice(1).map(() => 'progress'), 'end']);
    expect(events.at(-1)?.mirror).toMatchObject({ state: 'completed', sync_state: { current_step_percentage: 100 } });
    const steps = events.map(({ mirror }) => mirror.sync_state.current_step_number);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    const bytes = events.map(({ mirror }) => mirror.progress.bytes_done);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    const fetching = events.filter(({ mirror }) => mirror.progress.bytes_per_second > 0);
    expect(fetching.length).toBeGreaterThan(0);
    expect(fetching.some(({ mirror }) => mirror.progress.seconds_left !== null)).toBe(true);

    const known = { authorization: `Bearer ${admin}`, 'last-event-id': events.at(-1)!.id };
    expect((await listen(id, known)).status).toBe(204);
    expect((await told(await listen(id))).map(({ event }) => event)).toEqual(['end']);
  });

  it('are for those who may see the mirror, and for mirrors that are there', async () => {
    const { id } = (await app.request('GET', mirrors, { token: admin })).json.items[0];
    expect((await listen(id, {})).status).toBe(401);
    expect((await listen('00000000-0000-4000-8000-000000000000')).status).toBe(404);
  });
});

describe('followers', () => {
  const reader = () => {
    const asked: string[][] = [];
    const read = async (ids: readonly string[]) => {
      asked.push([...ids]);
      return ids.map((id) => ({ id }));
    };
    return { asked, read };
  };

  it('share one reader, which asks only while somebody follows', async () => {
    const { asked, read } = reader();
    const followers = createFollowers<{ id: string }>({ read, everyMs: 10 });
    const news: string[] = [];
    const begun = performance.now();
    const leaves = Array.from({ length: 50 }, (_, i) => followers.follow(`m${i % 2}`, (now) => news.push(now!.id)));
    await sleep(35);
    expect(asked.length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 10);
    expect(asked[0]).toEqual(['m0', 'm1']);
    expect(news.length).toBe(asked.length * 50);
    for (const leave of leaves) leave?.();
    await sleep(15);
    const before = asked.length;
    await sleep(30);
    expect(asked.length).toBe(before);
  });

  it('are bounded, and all end when the process stops', () => {
    const followers = createFollowers<{ id: string }>({ ...reader(), most: 2 });
    const ended: number[] = [];
    for (const i of [1, 2]) followers.onClose(() => void ended.push(i));
    const leave = followers.follow('a', () => {});
    followers.follow('a', () => {});
    expect(followers.follow('b', () => {})).toBeUndefined();
    leave?.();
    leave?.();
    expect(followers.follow('b', () => {})).toBeDefined();
    expect(followers.follow('b', () => {})).toBeUndefined();
    followers.close();
    expect(ended).toEqual([1, 2]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildCondaPackage, buildRPackage, buildWheel } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { expect } from 'vitest';

/** A server with a network and one without, and a folder that is carried between them. */
export interface TwoSides {
  near: TestApp;
  far: TestApp;
  /** What both may read. */
  carried: string;
  nearToken: string;
  farToken: string;
  /** Make a bundle over here and wait for it. */
  make(body: Record<string, unknown>): Promise<MadeBundle>;
  /** Import what lies at a path over there, and wait until nothing of it is being worked on. */
  take(path: string): Promise<TestAnswer>;
  /** Bundles over there as the API has them, newest first. */
  imports(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface MadeBundle {
  id: string;
  series: string;
  serial: number;
  parts: { place: string; name: string; bytes: number }[];
}

/** Start both; the far side trusts the near one. */
export async function startTwoSides(options: { trust?: boolean } = {}): Promise<TwoSides> {
  const carried = mkdtempSync(join(tmpdir(), 'carried-'));
  const [near, far] = await Promise.all([
    startTestApp({ env: { SLUICE_SOURCES: `127.0.0.0/8,file:${carried}` } }),
    startTestApp({ env: { SLUICE_SOURCES: `none,file:${carried}` } }),
  ]);
  const [nearToken, farToken] = [await near.adminToken(), await far.adminToken()];
  const { json } = await near.request('GET', '/api/bundles/key', { token: nearToken });
  if (options.trust !== false) {
    const body = { key: json.public_key, note: 'the other side' };
    const trusted = await far.request('POST', '/api/bundles/trust', { token: farToken, body });
    expect(trusted.status, trusted.text).toBe(201);
  }
  return {
    ...{ near, far, carried, nearToken, farToken },
    async make(body) {
      const begun = await near.request('POST', '/api/bundles', {
        token: nearToken,
        body: { output: carried, ...body },
      });
      expect(begun.status, begun.text).toBe(202);
      await near.jobsDone();
      const made = await near.request('GET', `/api/bundles/${begun.json.id}`, { token: nearToken });
      expect(made.json, made.text).toMatchObject({ state: 'completed', error: null });
      return made.json;
    },
    async take(path) {
      const begun = await far.request('POST', '/api/bundles/imports', { token: farToken, body: { path } });
      await far.jobsDone();
      return begun;
    },
    async imports() {
      return (await far.request('GET', '/api/bundles?direction=in', { token: farToken })).json.items;
    },
    async close() {
      await Promise.all([near.close(), far.close()]);
      rmSync(carried, { recursive: true });
    },
  };
}

/** Make a public channel. */
export async function makeChannel(app: TestApp, body: Record<string, unknown>): Promise<void> {
  const token = await app.adminToken();
  const made = await app.request('POST', '/api/channels', { token, body: { privacy: 'public', ...body } });
  expect(made.status, made.text).toBe(201);
}

/** Upload a small package of a type and wait until it is published. @returns its file name. */
export async function sendPackage(
  app: TestApp,
  channel: string,
  type: 'conda' | 'python' | 'r',
  options: { name: string; version: string; files?: Record<string, string> },
): Promise<string> {
  const build = { conda: buildCondaPackage, python: buildWheel, r: buildRPackage }[type];
  const { bytes, fileName } = (await build(options)) as { bytes: Uint8Array; fileName: string };
  const form = new FormData();
  form.set('content', new Blob([new Uint8Array(bytes)]), fileName);
  const token = await app.adminToken();
  for (;;) {
    const sent = await app.request('POST', `/api/channels/${channel}/artifacts`, { token, body: form });
    expect(sent.status, sent.text).toBeLessThan(300);
    await app.jobsDone();
    if (sent.status !== 202) return fileName;
    await sleep(20);
  }
}

/** What a client gets of a channel: the bytes at each path, as text. */
export async function served(app: TestApp, channel: string, paths: readonly string[]): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const path of paths) {
    const accept = path.includes('simple/') ? 'application/vnd.pypi.simple.v1+json' : '*/*';
    const answer = await fetch(`${app.url}/api/repo/${channel}/${path}`, { headers: { accept } });
    const body = Buffer.from(await answer.arrayBuffer()).toString('base64');
    // What is not there may say so in other words.
    all[path] = answer.status === 200 ? `200 ${body}` : 'none';
  }
  return all;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startUpstreamServer } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { readDocuments, type ShownDocuments } from './shown-channel.ts';

/** A bundle, and the key that must be trusted for it. */
export interface MadeBundle {
  readonly folder: string;
  readonly key: string;
}

/** How it is when nothing ever fails. */
export interface Unbothered {
  readonly shown: ShownDocuments;
  readonly bundle: MadeBundle;
}

/**
 * Mirror an upstream's folder into a channel `demo`, and make a bundle of that.
 *
 * @param into the folder for the bundle's parts.
 */
export async function showUnbothered(folder: string, into: string): Promise<Unbothered> {
  const upstream = await startUpstreamServer({ folder });
  const app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  try {
    const token = await app.adminToken();
    await app.request('POST', '/api/channels', { token, body: { name: 'demo', privacy: 'public' } });
    const mirror = { mirror_name: 'upstream', source_root: upstream.url, keep_legacy: true, run_now: true };
    const body = { ...mirror, mirror_mode: 'active' };
    await app.request('POST', '/api/channels/demo/mirrors', { token, body });
    await app.jobsDone();
    return { shown: await readDocuments(app.url), bundle: await makeBundle(app, into) };
  } finally {
    await app.close();
    await upstream.close();
  }
}

async function makeBundle(app: TestApp, folder: string): Promise<MadeBundle> {
  const token = await app.adminToken();
  const wish = { channels: ['demo'], part_bytes: 500_000 };
  const { id } = (await app.request('POST', '/api/bundles', { token, body: wish })).json;
  await app.jobsDone();
  const { state, parts, error } = (await app.request('GET', `/api/bundles/${id}`, { token })).json;
  if (state !== 'completed') throw new Error(`The bundle is ${state}: ${JSON.stringify(error)}`);
  mkdirSync(folder, { recursive: true });
  for (const { part, name } of parts as { part: number; name: string }[]) {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${app.url}/api/bundles/${id}/parts/${part}`, { headers });
    if (!answer.ok) throw new Error(`Part ${part}: ${answer.status}`);
    writeFileSync(path.join(folder, name), Buffer.from(await answer.arrayBuffer()));
  }
  const key = (await app.request('GET', '/api/bundles/key', { token })).json.public_key as string;
  return { folder, key };
}

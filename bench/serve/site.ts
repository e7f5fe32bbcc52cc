import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShardIndex } from '@sluice/formats/conda';
import { buildCondaPackage } from '@sluice/testkit';
import type { SluiceProcess } from '../sluice/sluice-process.ts';

/** What is served: paths below both servers, and a token that Sluice asks for. */
export interface Site {
  token: string;
  shard: string;
  index: string;
  large: string;
}

const channel = '/api/repo/bench/linux-64';

/** Publish a private channel with a shard of `shardBuilds` builds and a file of `largeBytes`, and make a token for it. */
export async function publishSite(
  sluice: SluiceProcess,
  { shardBuilds, largeBytes }: { shardBuilds: number; largeBytes: number },
): Promise<Site> {
  const login = { username: 'admin', password: sluice.password };
  const { token: session } = await send(sluice, undefined, '/api/auth/login', login);
  await send(sluice, session, '/api/channels', { name: 'bench' });
  const resources = [{ channel: 'bench', permission: 'read' }];
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  const { token } = await send(sluice, session, '/api/account/tokens', { name: 'bench', expires_at, resources });
  for (let build = 0; build < shardBuilds; build++) {
    const depends = Array.from({ length: 8 }, (_, n) => `dependency-${n} >=${build % 7}.${n},<${n + 8}.0a0`);
    await upload(sluice, session, { name: 'shard', build: `${build}`, depends });
  }
  const { fileName } = await upload(sluice, session, { name: 'large', files: { noise: randomBytes(largeBytes) } });
  const large = `${channel}/${fileName}`;
  const index = `${channel}/repodata_shards.msgpack.zst`;
  for (let tries = 0; ; tries++) {
    const file = await fetch(sluice.url + large, { method: 'HEAD', headers: bearer(token) });
    const answer = await fetch(sluice.url + index, { headers: bearer(token) });
    const { shards } = decodeShardIndex(zstdDecompressSync(Buffer.from(await answer.arrayBuffer())));
    const digest = shards.get('shard');
    if (file.status === 200 && digest) return { token, index, large, shard: `${channel}/shards/${digest}.msgpack.zst` };
    if (tries === 300) throw new Error(`Not published after 30 s: ${file.status}, ${[...shards.keys()]}.`);
    await sleep(100);
  }
}

/** The header that shows a token. */
export function bearer(token: string): Record<string, string> {
  return { Authorization: `Bearer ${token}` };
}

/** Write what Sluice serves at these paths below a folder, for another server to serve. */
export async function copySite(sluice: SluiceProcess, { token, ...paths }: Site, folder: string): Promise<void> {
  for (const url of Object.values(paths)) {
    const answer = await fetch(sluice.url + url, { headers: bearer(token) });
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}.`);
    const file = path.join(folder, url);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
  }
}

async function upload(sluice: SluiceProcess, session: string, options: Parameters<typeof buildCondaPackage>[0]) {
  const built = await buildCondaPackage({ subdir: 'linux-64', ...options });
  const form = new FormData();
  form.append('content', new Blob([new Uint8Array(built.bytes)]), built.fileName);
  await send(sluice, session, '/api/channels/bench/artifacts', form);
  return built;
}

async function send(sluice: SluiceProcess, session: string | undefined, url: string, body: FormData | object) {
  const isForm = body instanceof FormData;
  const answer = await fetch(sluice.url + url, {
    method: 'POST',
    headers: { ...(session && bearer(session)), ...(isForm ? {} : { 'content-type': 'application/json' }) },
    body: isForm ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as { token: string };
}

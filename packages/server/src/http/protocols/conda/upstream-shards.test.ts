import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { decodeShardIndex } from '@sluice/formats/conda';
import { condaSubdirs, startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, expect, it } from 'vitest';

let app: TestApp;
let folder: string;
const upstreams: UpstreamServer[] = [];
beforeEach(async () => {
  app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  folder = mkdtempSync(join(tmpdir(), 'upstreams-'));
});
afterEach(async () => {
  await app.close();
  for (const upstream of upstreams.splice(0)) await upstream.close();
  rmSync(folder, { recursive: true });
});

const get = async (path: string) => {
  const answer = await fetch(`${app.url}/api/repo/${path}`);
  expect(answer.status, path).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};

async function mirrored(channel: string, files: string): Promise<UpstreamServer> {
  const upstream = await startUpstreamServer({ folder: files });
  upstreams.push(upstream);
  const token = await app.adminToken();
  await app.request('POST', '/api/channels', { token, body: { name: channel, privacy: 'public' } });
  const body = {
    mirror_name: 'm',
    source_root: upstream.url,
    mirror_mode: 'passive',
    filters: { subdirs: condaSubdirs },
    run_now: true,
  };
  const made = await app.request('POST', `/api/channels/${channel}/mirrors`, { token, body });
  expect(made.status, made.text).toBe(201);
  await app.jobsDone();
  return upstream;
}

it('a channel is the same whether its upstream has shards or documents, down to the shards', async () => {
  const documents = join(folder, 'documents');
  writeCondaChannel(documents);
  await mirrored('one', documents);

  // The first channel as an upstream that has nothing but shards.
  const shardsOnly = join(folder, 'shards');
  const sources = new Map<string, Buffer>();
  for (const subdir of condaSubdirs) {
    mkdirSync(join(shardsOnly, subdir, 'shards'), { recursive: true });
    const index = await get(`one/${subdir}/repodata_shards.msgpack.zst`);
    writeFileSync(join(shardsOnly, subdir, 'repodata_shards.msgpack.zst'), index);
    for (const digest of decodeShardIndex(zstdDecompressSync(index)).shards.values()) {
      const path = `${subdir}/shards/${digest}.msgpack.zst`;
      sources.set(path, await get(`one/${path}`));
      writeFileSync(join(shardsOnly, path), sources.get(path)!);
    }
  }
  expect(sources.size).toBeGreaterThan(20);
  const upstream = await mirrored('two', shardsOnly);
  expect(upstream.asked.filter(({ path }) => path.includes('repodata.json'))).toEqual([]);

  for (const subdir of condaSubdirs) {
    for (const name of ['repodata_shards.msgpack.zst', 'repodata.json', 'run_exports.json', 'current_repodata.json']) {
      const [one, two] = [await get(`one/${subdir}/${name}`), await get(`two/${subdir}/${name}`)];
      if (!name.endsWith('.json')) expect(two.equals(one), `${subdir}/${name}`).toBe(true);
      else expect(JSON.parse(two.toString()), `${subdir}/${name}`).toEqual(JSON.parse(one.toString()));
    }
  }
});

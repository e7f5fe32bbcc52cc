import os from 'node:os';
import path from 'node:path';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { medians } from '../measure.ts';
import { type SluiceProcess, startSluice } from '../sluice/sluice-process.ts';
import { load, needTools, pin } from './load.ts';
import { type NginxProcess, pinNginx, startNginx } from './nginx.ts';
import { bearer, copySite, publishSite, type Site } from './site.ts';

type ServeParams = {
  runs: number;
  seconds: number;
  connections: number;
  large_connections: number;
  shard_builds: number;
  large_mb: number;
};

/** Both servers on the first core, one idle while the other is asked; who asks is on the second. */
const serverCore = 0;
const clientCore = 1;

/**
 * One `web` process with a token in use against nginx with one worker and without one: a shard, an index that the client has
 * already, and a large file.
 */
export const serveBench: Bench<ServeParams> = {
  summary: 'a shard, a 304 and a large file with a token, against nginx without one',
  params: { runs: 5, seconds: 3, connections: 32, large_connections: 4, shard_builds: 30, large_mb: 45 },
  atLeast: { shard_ratio: 0.35, shard_path_token_ratio: 0.35, not_modified_ratio: 0.35, large_ratio: 0.6 },
  async run(context) {
    const { params, scratch, log } = context;
    if (os.availableParallelism() < 2) throw new Error('This bench needs two cores: one for the servers, one to ask.');
    await needTools(['wrk', '-v'], ['nginx', '-v'], ['taskset', '-V']);
    const folder = path.join(scratch, 'sluice');
    const publisher = await startSluice(folder);
    const wanted = { shardBuilds: params.shard_builds, largeBytes: params.large_mb * 1e6 };
    const site = await publishSite(publisher, wanted).finally(() => publisher.stop());
    const sluice = await startSluice(folder, [], { SLUICE_ROLES: 'web' });
    try {
      const root = path.join(scratch, 'root');
      await copySite(sluice, site, root);
      const nginx = await startNginx(root, path.join(scratch, 'nginx'));
      try {
        await pin(sluice.pid, serverCore);
        await pinNginx(nginx, serverCore);
        return await compare(context, site, sluice, nginx);
      } finally {
        await nginx.stop();
      }
    } finally {
      await sluice.stop();
      log('done');
    }
  },
};

async function compare(
  { params, log }: BenchContext<ServeParams>,
  site: Site,
  sluice: SluiceProcess,
  nginx: NginxProcess,
): Promise<Figures> {
  const auth = bearer(site.token);
  const tags = await sameAnswers(site, sluice.url, nginx.url);
  const many = { core: clientCore, connections: params.connections, seconds: params.seconds };
  const few = { ...many, connections: params.large_connections };
  // Servers run for weeks: neither is measured in its first second.
  await load(sluice.url + site.shard, { ...many, seconds: 1, headers: auth });
  await load(nginx.url + site.shard, { ...many, seconds: 1, headers: {} });
  const runs: Figures[] = [];
  for (let run = 0; run < params.runs; run++) {
    const shard = await load(sluice.url + site.shard, { ...many, headers: auth });
    const nginxShard = await load(nginx.url + site.shard, { ...many, headers: {} });
    const path = await load(`${sluice.url}/t/${site.token}${site.shard}`, { ...many, headers: {} });
    const same = await load(sluice.url + site.index, { ...many, headers: { ...auth, 'If-None-Match': tags.sluice } });
    const nginxSame = await load(nginx.url + site.index, { ...many, headers: { 'If-None-Match': tags.nginx } });
    const large = await load(sluice.url + site.large, { ...few, headers: auth });
    const nginxLarge = await load(nginx.url + site.large, { ...few, headers: {} });
    runs.push({
      shard_ratio: shard.per_s / nginxShard.per_s,
      shard_path_token_ratio: path.per_s / nginxShard.per_s,
      not_modified_ratio: same.per_s / nginxSame.per_s,
      large_ratio: large.per_s / nginxLarge.per_s,
      p99_ms: Math.max(shard.p99_ms, path.p99_ms, same.p99_ms),
      nginx_p99_ms: Math.max(nginxShard.p99_ms, nginxSame.p99_ms),
      shard_per_s: shard.per_s,
      nginx_shard_per_s: nginxShard.per_s,
      not_modified_per_s: same.per_s,
      nginx_not_modified_per_s: nginxSame.per_s,
      large_mb_per_s: large.per_s * params.large_mb,
      nginx_large_mb_per_s: nginxLarge.per_s * params.large_mb,
    });
    log(`run ${run + 1}: ${JSON.stringify(runs[run])}`);
  }
  const figures = medians(runs);
  return { ...figures, p99_limit_ms: Math.max(20, 3 * figures.nginx_p99_ms!) };
}

/** Check that both give the same bytes and say 304 to who has them, and Sluice nothing without the token. */
async function sameAnswers(site: Site, sluice: string, nginx: string): Promise<{ sluice: string; nginx: string }> {
  const { token, ...paths } = site;
  for (const url of Object.values(paths)) {
    const [ours, theirs] = [await fetch(sluice + url, { headers: bearer(token) }), await fetch(nginx + url)];
    const [a, b] = [Buffer.from(await ours.arrayBuffer()), Buffer.from(await theirs.arrayBuffer())];
    if (ours.status !== 200 || theirs.status !== 200 || !a.equals(b)) {
      throw new Error(
        `${url}: ${a.length} bytes (${ours.status}) and ${b.length} (${theirs.status}) should be the same.`,
      );
    }
    if ((await fetch(sluice + url)).status !== 401) throw new Error(`${url} should ask for a token.`);
    const tags = { sluice: ours.headers.get('etag')!, nginx: theirs.headers.get('etag')! };
    const again = [
      await fetch(sluice + url, { headers: { ...bearer(token), 'If-None-Match': tags.sluice } }),
      await fetch(nginx + url, { headers: { 'If-None-Match': tags.nginx } }),
    ];
    if (again.some(({ status }) => status !== 304)) throw new Error(`${url} should be 304 to who has it.`);
  }
  const index = [
    await fetch(sluice + site.index, { method: 'HEAD', headers: bearer(token) }),
    await fetch(nginx + site.index, { method: 'HEAD' }),
  ];
  return { sluice: index[0]!.headers.get('etag')!, nginx: index[1]!.headers.get('etag')! };
}

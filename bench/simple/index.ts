import os from 'node:os';
import path from 'node:path';
import type { Bench, BenchContext, Figures } from '../bench.ts';
import { timed } from '../measure.ts';
import { needTools, pin } from '../serve/load.ts';
import { pinNginx, startNginx } from '../serve/nginx.ts';
import { openDatabase } from '../sluice/database.ts';
import { manage } from '../sluice/management.ts';
import { startSluice } from '../sluice/sluice-process.ts';
import { timeFirstAsks } from './first-ask.ts';
import { copyPages, hostProjects } from './hosted.ts';
import { comparePages } from './pages.ts';
import { type Peer, peersPython, startDevpi, startPypiserver } from './peers.ts';
import { makeWheels } from './projects.ts';
import { streamLists, untilListed } from './root-list.ts';
import { startSimpleUpstream } from './upstream.ts';

type SimpleParams = {
  runs: number;
  seconds: number;
  connections: number;
  projects: number;
  files: number;
  large_files: number;
  small_files: number;
  many_names: number;
  many_connections: number;
  root_names: number;
  root_clients: number;
  peers: number;
};

/** The servers in turn on the first core, who asks on the second. */
const serverCore = 0;
const clientCore = 1;

/** Python's index pages: warm ones against nginx and other indexes; first asks and the whole list of a lazy mirror. */
export const simpleBench: Bench<SimpleParams> = {
  summary: 'pages of a Python index: warm against nginx, devpi and pypiserver; first asks and the list of a mirror',
  params: {
    runs: 5,
    seconds: 3,
    connections: 32,
    projects: 20,
    files: 30,
    large_files: 5_000,
    small_files: 20,
    many_names: 200,
    many_connections: 50,
    root_names: 700_000,
    root_clients: 4,
    peers: 1,
  },
  wanted: { first_ask_ms: 400, root_rss_growth_mb: 50 },
  atLeast: { page_ratio: 0.35, not_modified_ratio: 0.35, peer_ratio: 5 },
  async run(context) {
    if (os.availableParallelism() < 2) throw new Error('This bench needs two cores: one for the servers, one to ask.');
    await needTools(['wrk', '-v'], ['nginx', '-v'], ['taskset', '-V']);
    const pages = context.params.projects > 0 ? await warmPages(context) : {};
    return { ...pages, ...(await lazyMirror(context)) };
  },
};

async function warmPages({ params, cache, scratch, log }: BenchContext<SimpleParams>): Promise<Figures> {
  const wheels = await makeWheels(params);
  const folder = path.join(scratch, 'hosting');
  const publisher = await startSluice(folder);
  const hosted = await hostProjects(publisher, wheels).finally(() => publisher.stop());
  log(`${wheels.length} wheels hosted`);
  const stops: (() => Promise<void>)[] = [];
  try {
    const sluice = await startSluice(folder, [], { SLUICE_ROLES: 'web' });
    stops.push(() => sluice.stop());
    const peers: Peer[] = [];
    if (params.peers > 0) {
      const python = await peersPython(cache, log);
      for (const start of [startDevpi, startPypiserver]) {
        const peer = await start(python, path.join(scratch, start.name), wheels);
        stops.push(() => peer.stop());
        peers.push(peer);
      }
      log('the same wheels at the peers');
    }
    const root = path.join(scratch, 'root');
    await copyPages(sluice, hosted, root);
    const nginx = await startNginx(root, path.join(scratch, 'nginx'));
    stops.push(() => nginx.stop());
    for (const { pid } of [sluice, ...peers]) await pin(pid, serverCore);
    await pinNginx(nginx, serverCore);
    return await comparePages(
      { sluice: sluice.url, nginx: nginx.url, peers, hosted, wheels },
      { ...params, core: clientCore, log },
    );
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

async function lazyMirror({ params, scratch, log }: BenchContext<SimpleParams>): Promise<Figures> {
  // One more of each than runs: the first of a kind is told apart.
  const names = (kind: string, count: number) => Array.from({ length: count }, (_, n) => `${kind}-${n}`);
  const cold = {
    large: names('large', params.runs + 1),
    small: names('small', 2 * params.runs + 1),
    many: names('many', params.many_names),
  };
  const files = new Map([
    ...cold.large.map((name) => [name, params.large_files] as const),
    ...[...cold.small, ...cold.many].map((name) => [name, params.small_files] as const),
  ]);
  const upstream = await startSimpleUpstream({ projects: files, listed: params.root_names });
  const folder = path.join(scratch, 'mirroring');
  const channel = 'lazy';
  const list = `/api/repo/${channel}/simple/`;
  let sluice = await startSluice(folder);
  try {
    const api = await manage(sluice);
    await api.createChannel(channel, { types: ['python'] });
    const mirror = { mirror_name: 'upstream', mirror_type: 'python_simple', mirror_mode: 'passive', run_now: true };
    const { seconds: root_run_s } = await timed(async () => {
      const id = await api.createMirror(channel, { ...mirror, source_root: upstream.url });
      await api.untilCompleted(channel, id, undefined);
      await untilListed(sluice.url + list, params.root_names);
    });
    log(`the list of ${params.root_names} projects after ${root_run_s.toFixed(1)} s`);
    const database = openDatabase(sluice);
    const asks = { sluice: sluice.url, channel, cold, files, connections: params.many_connections, log };
    const asked = await timeFirstAsks({ ...asks, headNo: async () => (await database.head(channel)).head_no });
    await database.settled(channel);
    await database.close();
    await sluice.stop();

    // A process of its own that answers clients and does nothing else.
    sluice = await startSluice(folder, [], { SLUICE_ROLES: 'web' });
    for (let n = 0; n < 100; n++) await (await fetch(`${sluice.url}${list}small-0/`)).arrayBuffer();
    const streamed = await streamLists(sluice, sluice.url + list, {
      clients: params.root_clients,
      given: [...files.keys()],
      listed: params.root_names,
    });
    return { ...asked, root_run_s, ...streamed };
  } finally {
    await sluice.stop();
    await upstream.close();
  }
}

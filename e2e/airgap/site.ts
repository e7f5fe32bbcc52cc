import { mkdirSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { runClientsBy } from '../clients/client-process.ts';
import { runSluiceCli } from '../clients/sluice-cli.ts';
import { type Admin, logIn } from '../faults/admin.ts';
import { openEmbedded, type Query } from '../faults/catalog-state.ts';
import { startSluice, untilPostgresIsGone } from '../faults/sluice-process.ts';
import { until } from '../faults/until.ts';
import type { NetworkNamespace } from './network-namespace.ts';
import { openRelay } from './open-relay.ts';

/** A Sluice in a network of its own, and whoever works there. */
export interface Site {
  readonly dataDir: string;
  /** Where those in its network find it. */
  readonly url: string;
  /** Where the test finds it. */
  readonly outside: string;
  readonly admin: Admin;
  /** Run `sluice …` in its network, as the administrator. @returns its answer in JSON. @throws when it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: as `json` of the test app.
  sluice(...args: string[]): Promise<any>;
  /** Run clients in its network. */
  inside<T>(work: () => Promise<T>): Promise<T>;
  /** Wait until no job is left and no run, bundle or import is open: 60 s at most. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Start one, with its data in `folder`. */
export async function openSite(
  network: NetworkNamespace,
  folder: string,
  env: Record<string, string> = {},
): Promise<Site> {
  const dataDir = path.join(folder, 'data');
  mkdirSync(dataDir, { recursive: true });
  const server = await startSluice({ dataDir, env, by: network.enter });
  const port = Number(new URL(server.url).port);
  const url = `http://127.0.0.1:${port}`;
  const relay = await openRelay(network, folder, port);
  const admin = await logIn(relay.url);
  const token = admin.headers.authorization!.replace('Bearer ', '');
  const inside: Site['inside'] = (work) => runClientsBy(network.enter, work);
  return {
    dataDir,
    url,
    outside: relay.url,
    admin,
    inside,
    async sluice(...args) {
      const home = mkdtempSync(path.join(folder, 'home-'));
      const { status, stdout, stderr } = await inside(() => runSluiceCli(home, url, [...args, '--json'], { token }));
      if (status !== 0) throw new Error(`sluice ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
      return JSON.parse(stdout);
    },
    async quiet() {
      const { query, close } = await openEmbedded(dataDir);
      try {
        await until('nothing is left to do', 60_000, async () => (await openWork(query)) === 0, 100);
      } finally {
        await close();
      }
    },
    async close() {
      await relay.close();
      await server.kill();
      await untilPostgresIsGone(dataDir);
    },
  };
}

/** Publications of a channel are a second apart: the next one may be queued for then. */
async function openWork(query: Query): Promise<number> {
  const [row] = await query<{ open: number }>(`
    select ((select count(*) from graphile_worker._private_jobs where run_at <= now() + interval '2 s' or attempts > 0)
      + (select count(*) from run where state in ('pending', 'running', 'stopping'))
      + (select count(*) from bundle where state in ('pending', 'running')))::int as open`);
  return row!.open;
}

import type { Platform } from '@conda-org/rattler';
import { type CondaFetch, condaSolve } from '../conda-cli.ts';
import type { DriverAnswer } from '../python-driver.ts';
import { rattlerJsSolve } from '../rattler-js.ts';
import { type RattlerSolution, rattlerSolveEach } from '../rattler-python.ts';
import { type PassedOn, type RecordingProxy, startRecordingProxy } from '../recording-proxy.ts';
import type { Sluice } from './start-sluice.ts';

/** What is to be solved: with a token the channel is addressed by it. */
export interface Wanted {
  /** Its path, e.g. `a`, `a/b`, `a@3`. */
  readonly channel: string;
  readonly specs: readonly string[];
  readonly token?: string;
}

/** The files that each client chose, `<subdir>/<file> <sha256>` and sorted; its own words where it found none. */
export type Chosen = Record<(typeof clientNames)[number], readonly string[] | string>;

const clientNames = [
  'py-rattler by shards',
  '@conda-org/rattler by shards',
  'py-rattler by repodata',
  '@conda-org/rattler by repodata',
  'conda by repodata',
] as const;

/** All clients that solve, in front of one Sluice. */
export interface EveryClient {
  /** What the clients asked that are to use shards; nothing is hidden from them. */
  readonly sharded: RecordingProxy;
  /** What those asked that are to use repodata; shards are hidden from them. */
  readonly classic: RecordingProxy;
  /** Have every client solve each of what is wanted, with empty caches, for osx-64. */
  solve(wanted: readonly Wanted[]): Promise<Chosen[]>;
  close(): Promise<void>;
}

const platform = 'osx-64';
const platforms: Platform[] = [platform, 'noarch'];

/** Put the clients in front of a Sluice. */
export async function everyClient(python: string, sluice: Sluice): Promise<EveryClient> {
  const sharded = await startRecordingProxy(sluice.app.url);
  const classic = await startRecordingProxy(sluice.app.url, { hide: /repodata_shards|\/shards\// });
  const { work } = sluice;

  const withPython = async (wanted: readonly Wanted[]) => {
    const requests = [sharded, classic].flatMap((proxy) =>
      wanted.map((one) => ({
        channels: [addressOf(proxy, one)],
        specs: one.specs,
        platform,
        sharded: proxy === sharded,
      })),
    );
    return (await rattlerSolveEach(python, work, requests)).map(filesOfPython);
  };
  const withJs = (proxy: RecordingProxy, wanted: readonly Wanted[]) =>
    inTurn(wanted, async (one) => {
      const solved = rattlerJsSolve([...one.specs], [addressOf(proxy, one)], platforms);
      return solved.then(
        (packages) => packages.map(({ url, sha256 }) => `${place(url)} ${sha256}`).sort(),
        (error: unknown) => String(error),
      );
    });
  const withConda = (wanted: readonly Wanted[]) =>
    inTurn(wanted, async (one) => {
      const solved = condaSolve(python, work, { channels: [addressOf(classic, one)], specs: one.specs, platform });
      return solved.then(
        (files: CondaFetch[]) => files.map(({ url, sha256 }) => `${place(url)} ${sha256}`).sort(),
        (error: unknown) => String(error),
      );
    });

  return {
    sharded,
    classic,
    async solve(wanted) {
      const [py, jsSharded, jsClassic, conda] = await Promise.all([
        withPython(wanted),
        withJs(sharded, wanted),
        withJs(classic, wanted),
        withConda(wanted),
      ]);
      return wanted.map((_, i) => ({
        'py-rattler by shards': py[i]!,
        '@conda-org/rattler by shards': jsSharded[i]!,
        'py-rattler by repodata': py[wanted.length + i]!,
        '@conda-org/rattler by repodata': jsClassic[i]!,
        'conda by repodata': conda[i]!,
      }));
    },
    close: async () => {
      await Promise.all([sharded.close(), classic.close()]);
    },
  };
}

/** The same for every client. */
export function alike(chosen: readonly string[]): Chosen {
  return Object.fromEntries(clientNames.map((name) => [name, chosen])) as Chosen;
}

/** Which of the requests were for whole indexes, `repodata.json` and kin. */
export function monolithsAsked(asked: readonly PassedOn[]): string[] {
  return asked.map(({ path }) => path).filter((path) => /repodata\.json|run_exports\.json/.test(path));
}

/** How many shard indexes and shards the requests got. */
export function shardsGot(asked: readonly PassedOn[]): { indexes: number; shards: number } {
  const got = (pattern: RegExp) => asked.filter(({ path, status }) => status === 200 && pattern.test(path)).length;
  return { indexes: got(/\/repodata_shards\.msgpack\.zst$/), shards: got(/\/shards\/[0-9a-f]{64}\.msgpack\.zst$/) };
}

function addressOf(proxy: RecordingProxy, { channel, token }: Wanted): string {
  return `${proxy.url}${token === undefined ? '' : `/t/${token}`}/api/repo/${channel}/`;
}

function filesOfPython(answer: DriverAnswer<RattlerSolution>): readonly string[] | string {
  if (!answer.ok) return `${answer.error}: ${answer.text}`;
  return answer.value.records.map(({ url, sha256 }) => `${place(url)} ${sha256}`).sort();
}

/** `<subdir>/<file>` of an address. */
function place(url: string): string {
  return url.split('/').slice(-2).join('/');
}

async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What one run of the load generator saw. */
export interface Load {
  per_s: number;
  p99_ms: number;
}

/**
 * Ask for one URL over and over, from one core.
 *
 * @throws when any answer was neither 2xx nor 3xx.
 */
export async function load(url: string, options: LoadOptions): Promise<Load> {
  return wrk(url, options, [], []);
}

/** One of the addresses below a server, and the ETag of it that who asks has already. */
export interface AskedPath {
  path: string;
  etag?: string;
}

/**
 * Ask for several paths of a server in turn, as {@link load} does for one.
 *
 * @throws as {@link load}.
 */
export async function loadAll(server: string, paths: readonly AskedPath[], options: LoadOptions): Promise<Load> {
  const asked = paths.map(({ path, etag }) => (etag === undefined ? path : `${path} ${etag}`));
  return wrk(server, options, ['-s', cycle], ['--', ...asked]);
}

const cycle = path.join(import.meta.dirname, 'cycle.lua');

async function wrk(
  url: string,
  { core, connections, seconds, headers }: LoadOptions,
  script: readonly string[],
  rest: readonly string[],
): Promise<Load> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency'];
  const { stdout } = await run('taskset', ['-c', String(core), 'wrk', ...flags, ...script, ...given, url, ...rest]);
  const wrong = /Non-2xx or 3xx responses: \d+|Socket errors:.*/.exec(stdout)?.[0];
  const [, rate] = /Requests\/sec:\s+([\d.]+)/.exec(stdout) ?? [];
  const [, amount, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  if (wrong || rate === undefined || amount === undefined) throw new Error(`${url}: ${wrong ?? stdout}`);
  return { per_s: Number(rate), p99_ms: Number(amount) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's'] };
}

/** How to ask. */
export interface LoadOptions {
  core: number;
  connections: number;
  seconds: number;
  headers: Record<string, string>;
}

/** Keep a process, with all its threads and what it starts from now on, on one core. */
export async function pin(pid: number, core: number): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

/** @throws unless the tools of this bench are there. */
export async function needTools(...commands: readonly [command: string, flag: string][]): Promise<void> {
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  for (const [command, flag] of commands) {
    await run(command, [flag], { env }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT')
        throw new Error(`This bench needs ${command}: apt-get install wrk nginx util-linux.`);
    });
  }
}

import { execFile } from 'node:child_process';
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
export async function load(url: string, { core, connections, seconds, headers }: LoadOptions): Promise<Load> {
  const given = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const wrk = ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '--latency', ...given, url];
  const { stdout } = await run('taskset', ['-c', String(core), ...wrk]);
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

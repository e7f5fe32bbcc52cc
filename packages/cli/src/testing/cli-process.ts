import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

/** How a call of the command line ended. */
export interface CliEnd {
  status: number | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON; fails when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers without knowing their type.
  json: any;
  /** The most memory it held, in bytes. */
  peakBytes: number;
}

interface CliOptions {
  env: Record<string, string>;
  stdin?: string;
}

const launcher = join(import.meta.dirname, '../../bin/sluice.mjs');

/** Call the command line as a process of its own, with nothing of this one's environment but the path. */
export async function callCli(argv: readonly string[], { env, stdin = '' }: CliOptions): Promise<CliEnd> {
  const child = spawn(process.execPath, [launcher, ...argv], { env: { PATH: process.env.PATH, ...env } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  child.stdin.on('error', () => {}).end(stdin);
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, 50);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => clearInterval(watch));
  const stdout = Buffer.concat(out).toString('utf8');
  return {
    status,
    stdout,
    stderr: Buffer.concat(err).toString('utf8'),
    get json() {
      return JSON.parse(stdout);
    },
    peakBytes,
  };
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

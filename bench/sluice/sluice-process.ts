import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A Sluice of its own, as `npm start` runs it. */
export interface SluiceProcess {
  readonly url: string;
  readonly pid: number;
  /** The first admin's. */
  readonly password: string;
  /** Holds its data. */
  readonly folder: string;
  /** From the spawn to the first good answer of /health/ready. */
  readonly ready_s: number;
  /** @throws when it had died by itself. */
  assertAlive(): void;
  stop(): Promise<void>;
}

const root = path.join(import.meta.dirname, '../..');
const patience_ms = 60_000;

/** The words of `npm start`: variables (`NAME=value`), `node`, its options, the program. */
const startWords = (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
).scripts.start.split(' ');
const atNode = startWords.indexOf('node');
const startVariables = Object.fromEntries(startWords.slice(0, atNode).map((word) => word.split('=')));
const startArguments = [...startWords.slice(atNode + 1, -1), path.join(root, startWords.at(-1)!)];

/**
 * Start one on a free port with its data below `folder`, new or from an earlier life, and wait until it is ready.
 *
 * @param sources what it may mirror beside loopback addresses, e.g. `file:///corpus`.
 * @param settings further environment variables.
 */
export async function startSluice(
  folder: string,
  sources: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<SluiceProcess> {
  mkdirSync(folder, { recursive: true });
  const begin = performance.now();
  const password = 'bench-admin-password';
  const logFile = path.join(folder, 'sluice.log');
  const log = openSync(logFile, 'a');
  const { size: earlierLife } = fstatSync(log);
  const child = spawn(process.execPath, startArguments, {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...startVariables,
      // A port that was free just now may be another's by then.
      SLUICE_PORT: '0',
      SLUICE_DATA_DIR: path.join(folder, 'data'),
      SLUICE_ADMIN_PASSWORD: password,
      SLUICE_SOURCES: ['127.0.0.0/8', ...sources].join(),
      ...settings,
    },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const assertAlive = () => {
    if (child.exitCode === null && child.signalCode === null) return;
    const tail = readFileSync(logFile, 'utf8').slice(-2000);
    throw new Error(`Sluice ended with ${child.exitCode ?? child.signalCode}. It said last:\n${tail}`);
  };
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
    await ended;
    clearTimeout(timer);
  };
  const deadline = performance.now() + patience_ms;
  for (;;) {
    const said = readFileSync(logFile).subarray(earlierLife).toString();
    const url = /ready at (\S+)/.exec(said)?.[1];
    if (url !== undefined && (await isReady(url))) {
      const ready_s = (performance.now() - begin) / 1000;
      return { url, pid: child.pid!, password, folder: path.join(folder, 'data'), assertAlive, stop, ready_s };
    }
    assertAlive();
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`Sluice was not ready after ${patience_ms} ms: see its log, ${said.slice(-2000)}`);
    }
    await sleep(10);
  }
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`).catch(() => undefined);
  await response?.arrayBuffer();
  return response?.status === 200;
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

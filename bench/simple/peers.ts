import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../sluice/sluice-process.ts';
import { basic, uploadWheels } from './pip.ts';
import type { Wheel } from './projects.ts';

const run = promisify(execFile);
const requirements = path.join(import.meta.dirname, 'peers.txt');
const upTo_ms = 60_000;

/** Another index of the same projects, which asks nobody for a token. */
export interface Peer {
  readonly name: 'devpi' | 'pypiserver';
  readonly url: string;
  readonly pid: number;
  /** Of a project's page. */
  pagePath(project: string): string;
  stop(): Promise<void>;
}

/**
 * Python with devpi-server and pypiserver, made once and kept in the cache; what it is made of comes from wherever pip is set up
 * to ask.
 */
export async function peersPython(cache: string, log: (line: string) => void): Promise<string> {
  const { stdout: version } = await run('python3', ['-VV']);
  const key = createHash('sha256').update(version).update(process.arch).update(readFileSync(requirements));
  const folder = path.join(cache, `simple-peers-${key.digest('hex').slice(0, 16)}`);
  const python = path.join(folder, 'bin/python');
  const complete = path.join(folder, 'complete');
  if (existsSync(complete)) return python;
  log('installing devpi-server and pypiserver');
  rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, ['-m', 'pip', '--quiet', 'install', '--no-deps', '--only-binary', ':all:', '-r', requirements]);
  writeFileSync(complete, '');
  return python;
}

/** devpi-server with one index that has no other below it, and its own defaults. */
export async function startDevpi(python: string, folder: string, wheels: readonly Wheel[]): Promise<Peer> {
  mkdirSync(folder, { recursive: true });
  const server = ['--serverdir', path.join(folder, 'data')];
  const init = 'import sys; from devpi_server.init import init; sys.exit(init())';
  await run(python, ['-c', init, ...server, '--no-root-pypi'], { cwd: folder });
  const port = await freePort();
  const argv = ['-m', 'devpi_server', ...server, '--host', '127.0.0.1', '--port', String(port)];
  const peer = await start(python, argv, folder, `http://127.0.0.1:${port}`, '/+api');
  const index = `${peer.url}/root/bench`;
  const made = await fetch(index, {
    method: 'PUT',
    headers: { authorization: basic('root', ''), 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'stage', bases: [], volatile: true }),
  });
  if (!made.ok) throw new Error(`devpi made no index: ${made.status} ${await made.text()}`);
  await uploadWheels(`${index}/`, basic('root', ''), wheels);
  return { ...peer, name: 'devpi', pagePath: (project) => `/root/bench/+simple/${project}/` };
}

/** pypiserver over a folder, with its memory of it and of digests, behind the server that devpi uses, which is not its slowest. */
export async function startPypiserver(python: string, folder: string, wheels: readonly Wheel[]): Promise<Peer> {
  const packages = path.join(folder, 'packages');
  mkdirSync(packages, { recursive: true });
  for (const { fileName, bytes } of wheels) writeFileSync(path.join(packages, fileName), bytes);
  const port = await freePort();
  const script = path.join(import.meta.dirname, 'serve_pypiserver.py');
  const peer = await start(python, [script, packages, String(port)], folder, `http://127.0.0.1:${port}`, '/simple/');
  return { ...peer, name: 'pypiserver', pagePath: (project) => `/simple/${project}/` };
}

async function start(python: string, argv: string[], cwd: string, url: string, ready: string) {
  const child = spawn(python, argv, { cwd, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  };
  const deadline = performance.now() + upTo_ms;
  for (;;) {
    const answer = await fetch(url + ready).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return { url, pid: child.pid!, stop };
    if (child.exitCode !== null) throw new Error(`${argv.join(' ')} ended with ${child.exitCode}.`);
    if (performance.now() > deadline) {
      await stop();
      throw new Error(`${url} was not up after ${upTo_ms} ms.`);
    }
    await sleep(50);
  }
}

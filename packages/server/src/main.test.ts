import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';

// The program itself, as `npm start` runs it, with a PostgreSQL of its own.

const folder = mkdtempSync(join(tmpdir(), 'sluice-main-'));
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.signalCode === null) await end(child, 'SIGTERM');
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 200 }));

interface Program {
  child: ChildProcess;
  out: () => string;
  err: () => string;
  ended: Promise<number | string>;
}

function start(env: Record<string, string> = {}): Program {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH, SLUICE_PORT: '0', SLUICE_DATA_DIR: join(folder, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text) => void out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text) => void err.push(text));
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });
  return { child, out: () => out.join(''), err: () => err.join(''), ended };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await ended;
}

async function urlOf(program: Program): Promise<string> {
  const found = () => /ready at (\S+)/.exec(program.out())?.[1];
  await Promise.race([
    expect.poll(found, { timeout: 100_000 }).toBeTruthy(),
    program.ended.then(() => expect.fail(program.err())),
  ]);
  return found()!;
}

function postgresOf(program: Program): number {
  const lines = program
    .err()
    .split('\n')
    .filter((line) => /"msg":"postgres started/.test(line));
  return JSON.parse(lines.at(-1)!).pid;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const status = (url: string) => fetch(url).then((answer) => answer.status);

async function logIn(url: string, password: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ username: 'admin', password }),
  });
}

let password = '';

test('the first start tells where it is and the password, once; a stop leaves nothing behind', async () => {
  const program = start();
  const url = await urlOf(program);
  password = /shown this once: (\S+)/.exec(program.out())?.[1] ?? '';
  expect(password).toMatch(/^[A-Za-z0-9]{24}$/);
  expect(program.out().trim().split('\n')).toHaveLength(2);
  expect(program.err()).not.toContain(password);
  expect((await logIn(url, password)).status).toBe(200);
  const postgres = postgresOf(program);
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(isAlive(postgres)).toBe(false);
});

describe('a later start', () => {
  test('tells no password, and outlives its database', async () => {
    const program = start({ SLUICE_ADMIN_PASSWORD: 'another password' });
    const url = await urlOf(program);
    expect(program.out()).not.toContain('password');
    const session = ((await (await logIn(url, password)).json()) as { token: string }).token;

    const account = () => fetch(`${url}/api/account/tokens`, { headers: { 'x-auth': session } });
    expect((await account()).status).toBe(200);
    // Asleep, the program cannot have a new one before it is asked.
    program.child.kill('SIGSTOP');
    process.kill(postgresOf(program), 'SIGKILL');
    const asked = account();
    // Its backends outlive it for a moment.
    await sleep(1_000);
    program.child.kill('SIGCONT');
    const away = await asked;
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('5');
    expect(await away.json()).toMatchObject({ code: 'unavailable' });
    expect(await status(`${url}/health/live`)).toBe(200);
    await expect.poll(() => status(`${url}/health/ready`), { timeout: 100_000 }).toBe(200);
    await expect.poll(async () => (await account()).status, { timeout: 100_000 }).toBe(200);

    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
  });

  test('after kill -9 finds everything as it was', async () => {
    const first = start();
    await urlOf(first);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start();
    const url = await urlOf(second);
    expect((await logIn(url, password)).status).toBe(200);
  });
});

test('a fault that nobody foresaw is the last line of the log, without its secrets', async () => {
  const fault = "process.on('SIGUSR2', () => { throw new Error('reading /t/slc-nobodyMaySeeThis/team'); });";
  const program = start({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}` });
  await urlOf(program);
  program.child.kill('SIGUSR2');
  expect(await program.ended).toBe(1);
  const last = JSON.parse(program.err().trim().split('\n').at(-1)!);
  expect(last).toMatchObject({
    level: 'fatal',
    msg: 'ended by a fault that nobody foresaw; jobs go on at the next start',
  });
  expect(last.error.stack).toContain('/t/***/team');
  expect(program.err()).not.toContain('nobodyMaySeeThis');
});

describe('a start that cannot be', () => {
  test('a wrong setting: one line, status 2, and nothing was touched', async () => {
    const program = start({ SLUICE_PORT: 'http', SLUICE_DATA_DIR: join(folder, 'untouched') });
    expect(await program.ended).toBe(2);
    expect(program.err()).toBe('SLUICE_PORT: wanted a port from 0 (any free one) to 65535; found "http".\n');
    expect(program.out()).toBe('');
  });

  test('a data folder that cannot be: one line, status 1', async () => {
    const program = start({ SLUICE_DATA_DIR: '/dev/null/data', SLUICE_LOG_LEVEL: 'silent' });
    expect(await program.ended).toBe(1);
    expect(program.err()).toMatch(
      /^Cannot write to the data folder \/dev\/null\/data: .*Set SLUICE_DATA_DIR or its rights[.]\n$/,
    );
  });

  test('a port that is taken: one line, status 1', async () => {
    const { createServer } = await import('node:net');
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const program = start({ SLUICE_PORT: String(port), SLUICE_LOG_LEVEL: 'silent' });
    expect(await program.ended).toBe(1);
    expect(program.err()).toBe(
      `Cannot listen on 127.0.0.1:${port}: another program listens there. Set SLUICE_HOST or SLUICE_PORT.\n`,
    );
    taken.close();
  });
});

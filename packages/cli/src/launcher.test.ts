import { execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const launcher = join(import.meta.dirname, '../bin/sluice.mjs');
const root = join(import.meta.dirname, '../../..');
const old = await oldNode();

/** A Node of this machine that cannot run TypeScript, if it has one. */
async function oldNode(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder.includes('node_modules')) continue;
    const node = join(folder, 'node');
    const found = await promisify(execFile)(node, ['--version']).catch(() => undefined);
    const major = Number(/^v(\d+)/.exec(found?.stdout ?? '')?.[1] ?? 99);
    if (major < 24) return node;
  }
  return undefined;
}

interface End {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

function run(
  node: string,
  argv: string[],
  options: { env?: NodeJS.ProcessEnv; killAfterMs?: number } = {},
): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, argv, { cwd: root, env: { PATH: process.env.PATH, ...options.env } });
    const end: End = { status: null, signal: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => {
      end.stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      end.stderr += chunk;
    });
    if (options.killAfterMs !== undefined) setTimeout(() => child.kill('SIGTERM'), options.killAfterMs);
    child.once('error', reject).once('close', (status, signal) => resolve({ ...end, status, signal }));
  });
}

if (old === undefined) console.log('skipped: the launcher under an old Node; this machine has none');

describe.skipIf(old === undefined)('under an old Node', () => {
  test('the program runs in the Node that came along', async () => {
    const { status, stdout, stderr } = await run(old!, [launcher, '--version']);
    expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/), '']);
  });

  test('its exit status is handed on', async () => {
    const { status, stderr } = await run(old!, [launcher, 'nonsense']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('unknown command')]);
  });

  test('who kills the launcher kills the program', async () => {
    const argv = [launcher, 'login', '--username', 'x', '--password-stdin'];
    const { signal } = await run(old!, argv, { env: { HOME: '/nonexistent' }, killAfterMs: 1500 });
    expect(signal).toBe('SIGTERM');
  });

  describe('and where nothing came along', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'sluice-launcher-'));
      cpSync(launcher, join(folder, 'bin/sluice.mjs'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    test('one line says what to do', async () => {
      const { status, stderr } = await run(old!, [join(folder, 'bin/sluice.mjs')]);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^sluice: needs Node 24 or newer.*npm ci.*\n$/)]);
    });
  });
});

test('npx finds it from the root of the repository', async () => {
  const { status, stdout } = await run('npx', ['--no-install', 'sluice', '--version']);
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^\d+\.\d+\.\d+\n$/)]);
});

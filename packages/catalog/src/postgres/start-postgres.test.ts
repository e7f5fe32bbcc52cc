import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { wakingTime } from '@sluice/testkit';
import pg from 'pg';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RootLauncherName } from './launcher.ts';
import { copyBinaries, findNativeBinaries } from './native-binaries.ts';
import { type EmbeddedPostgres, type StartPostgresOptions, startPostgres } from './start-postgres.ts';

const isRoot = process.getuid?.() === 0;
const native = findNativeBinaries();
const folders: string[] = [];
const servers: EmbeddedPostgres[] = [];

/** A folder only its owner may enter, removed at the end. */
function privateFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-pg-test-'));
  folders.push(folder);
  return folder;
}

async function start(dataDir: string, options: Partial<StartPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ dataDir, log: () => {}, ...options });
  servers.push(server);
  return server;
}

async function query(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client(server.config);
  await client.connect();
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  await client.end();
  return rows.flat();
}

/** Start a server in a process of its own, which waits to be killed. */
function startInChild(dataDir: string): ChildProcess {
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL('./start-postgres.ts', import.meta.url).href)};
    await startPostgres({ dataDir: ${JSON.stringify(dataDir)}, log: () => {} });
    console.log('started');
    setInterval(() => {}, 1000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kill a process and wait for its end: a dying one loses its command line before the kernel closes its sockets. */
async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Processes, other than ours, whose command line names the folder. */
function processesOf(folder: string): { pid: number; argv: string[] }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), argv: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0') }];
      } catch {
        return [];
      }
    })
    .filter(({ pid, argv }) => pid !== process.pid && argv.some((argument) => argument.includes(folder)));
}

/** Nobody of this folder is left, in a moment: what was killed without being waited for ends when it has its turn. */
const isLeftAlone = (folder: string) => expect.poll(() => processesOf(folder)).toEqual([]);

async function secondsUntilGone(folder: string): Promise<number> {
  const passed = wakingTime();
  while (processesOf(folder).length > 0 && passed() < 15_000) await sleep(20);
  return passed() / 1000;
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('startPostgres', () => {
  it('makes a durable UTF-8 database that only its socket reaches, and keeps it', async () => {
    const dataDir = privateFolder();
    const first = await start(dataDir);
    const settings = ['server_encoding', 'listen_addresses', 'fsync', 'full_page_writes', 'synchronous_commit'];
    const shown = await Promise.all(settings.map((name) => query(first, `show ${name}`)));
    expect(shown.flat()).toEqual(['UTF8', '', 'on', 'on', 'on']);
    expect(await query(first, 'select datcollate, current_database()::text from pg_database limit 1')).toEqual([
      'C',
      'sluice',
    ]);
    await query(first, 'create table kept as select 42 as answer');
    const ending = await first.stop();
    expect(ending).toMatchObject({ wanted: true, status: 0 });
    await isLeftAlone(dataDir);

    const second = await start(dataDir);
    expect(await query(second, 'select answer from kept')).toEqual([42]);
    const client = new pg.Client(second.connectionString);
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  it('stops while a transaction is open', async () => {
    const server = await start(privateFolder());
    const client = new pg.Client(server.config);
    client.on('error', () => {});
    await client.connect();
    await client.query('begin');
    await client.query('create table t ()');
    // Asked alone: nobody insists while this test lasts.
    expect(await server.stop(3_600_000)).toMatchObject({ status: 0 });
  });

  it('lets one process at a time use a data folder', async () => {
    const dataDir = privateFolder();
    const server = await start(dataDir);
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'pg_in_use' });
    expect(await query(server, 'select 1')).toEqual([1]);
  });

  it('refuses the data of another major version', async () => {
    const dataDir = privateFolder();
    mkdirSync(path.join(dataDir, 'pg', `${native.major - 1}`), { recursive: true });
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'pg_other_major',
      wanted: `${native.major}`,
      found: `${native.major - 1}`,
    });
    expect(existsSync(path.join(dataDir, 'pg', `${native.major}`))).toBe(false);
  });

  it('says what the server says when it does not start', async () => {
    const failure = start(privateFolder(), { settings: { no_such_setting: '1' } });
    await expect(failure).rejects.toMatchObject({ code: 'pg_start_failed', message: /no_such_setting/ });
  });
});

describe('a killed server', () => {
  it('is reported, and starts again with what was committed', async () => {
    const dataDir = privateFolder();
    const first = await start(dataDir);
    await query(first, 'create table kept as select 42 as answer');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.ended).toMatchObject({ wanted: false, status: 128 + 9 });
    const second = await start(dataDir);
    expect(await query(second, 'select answer from kept')).toEqual([42]);
  });

  it('starts again although one of its backends computes on', async () => {
    const dataDir = privateFolder();
    const first = await start(dataDir);
    const client = new pg.Client(first.config);
    client.on('error', () => {});
    await client.connect();
    client.query('do $$ begin loop null; end loop; end $$').catch(() => {});
    const computing = "select count(*)::int from pg_stat_activity where state = 'active' and query like 'do %'";
    await expect.poll(() => query(first, computing)).toEqual([1]);
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const second = await start(dataDir);
    expect(await query(second, 'select 1')).toEqual([1]);
  });

  it('is taken down when its supervisor is killed', async () => {
    const dataDir = privateFolder();
    const server = await start(dataDir);
    for (const { pid, argv } of processesOf(dataDir)) {
      if (argv.includes('sluice-supervisor')) process.kill(pid, 'SIGKILL');
    }
    expect(await server.ended).toMatchObject({ wanted: false, status: null });
    await isLeftAlone(dataDir);
    await start(dataDir);
  });
});

describe('a killed parent', () => {
  it('takes the server along within 5 s', async () => {
    const dataDir = privateFolder();
    const parent = startInChild(dataDir);
    await new Promise((resolve) => parent.stdout!.once('data', resolve));
    expect(processesOf(path.join(dataDir, 'pg')).length).toBeGreaterThan(0);
    await killed(parent);
    expect(await secondsUntilGone(dataDir)).toBeLessThan(5);
    await start(dataDir);
  });

  it.each([60, 180, 300, 420, 540, 660])('takes along a server that starts since %i ms', async (milliseconds) => {
    const dataDir = privateFolder();
    const parent = startInChild(dataDir);
    await sleep(milliseconds);
    await killed(parent);
    expect(await secondsUntilGone(dataDir)).toBeLessThan(5);
    const server = await start(dataDir);
    expect(await query(server, 'select 1')).toEqual([1]);
  });

  it('leaves a server whose supervisor was killed too to the next start', async () => {
    const dataDir = privateFolder();
    const parent = startInChild(dataDir);
    await new Promise((resolve) => parent.stdout!.once('data', resolve));
    const postmaster = processesOf(dataDir).find(({ argv }) => path.basename(argv[0]!) === 'postgres')!;
    // The parent sleeps meanwhile: awake it would clear its orphan away, and dead first its supervisor would.
    parent.kill('SIGSTOP');
    for (const { pid, argv } of processesOf(dataDir)) {
      if (argv.includes('sluice-supervisor')) process.kill(pid, 'SIGKILL');
    }
    await killed(parent);
    await expect.poll(() => processesOf(dataDir).map(({ pid }) => pid)).toEqual([postmaster.pid]);
    const server = await start(dataDir);
    expect(server.pid).not.toBe(postmaster.pid);
    expect(
      existsSync(`/proc/${postmaster.pid}`) && processesOf(dataDir).some(({ pid }) => pid === postmaster.pid),
    ).toBe(false);
  });
});

describe('a stale postmaster.pid', () => {
  it.each(['that another program has now', 'that nobody has'])('with an id %s is no hindrance', async (which) => {
    const dataDir = privateFolder();
    const first = await start(dataDir);
    const file = path.join(dataDir, 'pg', `${native.major}`, 'postmaster.pid');
    const stale = readFileSync(file, 'utf8');
    await first.stop();
    const other = spawn('sleep', ['3600']);
    onTestFinished(() => void other.kill('SIGKILL'));
    if (which === 'that nobody has') {
      other.kill('SIGKILL');
      await new Promise((resolve) => other.once('exit', resolve));
    }
    writeFileSync(file, stale.replace(/^\d+/, `${other.pid}`));
    const second = await start(dataDir);
    expect(await query(second, 'select 1')).toEqual([1]);
    if (which === 'that another program has now') expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill('SIGKILL');
  });
});

describe('the socket', () => {
  it('lies in the temporary folder when the data folder has a long name', async () => {
    const dataDir = path.join(privateFolder(), 'a'.repeat(100));
    const server = await start(dataDir);
    expect(path.dirname(server.config.host)).toBe(os.tmpdir());
    folders.push(server.config.host);
    await server.stop();
    chmodSync(server.config.host, 0o755);
    await expect(start(dataDir)).rejects.toMatchObject({ code: 'pg_socket_directory', found: /mode 0755/ });
  });
});

// These need root: they are about what root may not do.
describe.skipIf(!isRoot)('root', () => {
  const hidden = isRoot ? copyBinaries(native, privateFolder()) : native;

  it.each<RootLauncherName>(['user-namespace', 'other-user'])(
    'runs it as %s with data and binaries in folders only root may enter',
    async (name) => {
      const dataDir = privateFolder();
      const elsewhere = privateFolder();
      chmodSync(elsewhere, 0o755);
      const options = { native: hidden, asRoot: [name], elsewhere };
      const first = await start(dataDir, options);
      expect(first.runsAs).toBe(name);
      await query(first, 'create table kept as select 42 as answer');
      await first.stop();
      expect(readdirSync(elsewhere)).toHaveLength(name === 'other-user' ? 1 : 0);
      const second = await start(dataDir, options);
      expect(await query(second, 'select answer from kept')).toEqual([42]);
    },
  );

  it('changes the owner of the data when the way to run it changes', async () => {
    const dataDir = privateFolder();
    chmodSync(dataDir, 0o755);
    for (const name of ['user-namespace', 'other-user', 'user-namespace'] as const) {
      const server = await start(dataDir, { asRoot: [name] });
      expect(server.runsAs).toBe(name);
      expect(await query(server, 'select 1')).toEqual([1]);
      await server.stop();
    }
  });

  it('does not begin an empty database beside one that its user cannot reach', async () => {
    const dataDir = privateFolder();
    await (await start(dataDir, { asRoot: ['user-namespace'] })).stop();
    await expect(start(dataDir, { asRoot: ['other-user'] })).rejects.toMatchObject({ code: 'pg_cannot_run_as_root' });
  });

  it('says what to do when it can be run in no way', async () => {
    const failure = start(privateFolder(), { asRoot: [] });
    await expect(failure).rejects.toMatchObject({ code: 'pg_cannot_run_as_root', message: /DATABASE_URL/ });
  });
});

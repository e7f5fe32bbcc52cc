import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { CatalogError, connect, type EmbeddedPostgres, type PostgresAddress, startPostgres } from '@sluice/catalog';

/** Names the socket of `offerTestPostgres` to the workers of a run. */
const socketVariable = 'SLUICE_TEST_POSTGRES';

/** Fast instead of durable: the data is thrown away, and the folder is not used again after a restart of the machine. */
const settings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  max_wal_size: '256MB',
  max_connections: '300',
};

/** Far more runs than a machine can bear at once. */
const mostRuns = 32;

let ownServer: Promise<EmbeddedPostgres> | undefined;

/**
 * The PostgreSQL of this test run: the one `offerTestPostgres` starts at the first ask, or, without it, one of this
 * process. It stops when the process that started it ends.
 */
export function testPostgres(): Promise<PostgresAddress> {
  const socket = process.env[socketVariable];
  if (socket) return askForAddress(socket);
  ownServer ??= startTestPostgres();
  return ownServer;
}

/**
 * Let the workers of a run share one PostgreSQL, started when the first of them asks, so a run that needs none pays
 * nothing.
 *
 * @returns stops it.
 */
export async function offerTestPostgres(): Promise<() => Promise<void>> {
  let server: Promise<EmbeddedPostgres> | undefined;
  const offer = net.createServer((connection) => {
    connection.on('error', () => {});
    server ??= startTestPostgres();
    server.then(
      ({ config, connectionString }) => connection.end(JSON.stringify({ config, connectionString })),
      (error: Error) => connection.end(JSON.stringify({ error: error.message })),
    );
  });
  const name = `sluice-test-${process.pid}`;
  await new Promise<void>((resolve, reject) => {
    offer.once('error', reject);
    offer.listen({ path: `\0${name}` }, resolve);
  });
  process.env[socketVariable] = name;
  return async () => {
    offer.close();
    await (await server)?.stop();
  };
}

async function askForAddress(socket: string): Promise<PostgresAddress> {
  const connection = net.connect({ path: `\0${socket}` });
  let answer = '';
  for await (const chunk of connection) answer += chunk;
  const parsed = JSON.parse(answer) as PostgresAddress | { error: string };
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

/**
 * Start a server on the first cached data folder that no other run uses. What earlier runs left in it goes, but not the
 * templates.
 */
async function startTestPostgres(): Promise<EmbeddedPostgres> {
  const cache = cacheFolder();
  for (let slot = 0; slot < mostRuns; slot++) {
    try {
      const server = await startPostgres({ dataDir: path.join(cache, `${slot}`), log: () => {}, settings });
      await dropLeftovers(server);
      return server;
    } catch (error) {
      if (!(error instanceof CatalogError && error.code === 'pg_in_use')) throw error;
    }
  }
  throw new Error(`All ${mostRuns} test databases below ${cache} are in use. Stop some test runs.`);
}

/**
 * A folder of this user and this boot of the machine; those of earlier boots are removed. It is in memory where there is
 * room: a database is 300 files, and cloning them takes 10 ms there, up to 300 ms on a slow file system.
 */
function cacheFolder(): string {
  const parent = hasRoom('/dev/shm') ? '/dev/shm' : os.tmpdir();
  const prefix = `sluice-test-${process.getuid?.() ?? 0}-`;
  const boot = createHash('sha256').update(readFileSync('/proc/sys/kernel/random/boot_id')).digest('hex').slice(0, 8);
  for (const name of readdirSync(parent)) {
    const isOurs = name.startsWith(prefix) && name.length === prefix.length + boot.length;
    if (isOurs && !name.endsWith(boot)) rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  return path.join(parent, prefix + boot);
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= 2 ** 31;
  } catch {
    return false;
  }
}

async function dropLeftovers(server: PostgresAddress): Promise<void> {
  const { pool, close } = connect(server.config, { max: 1 });
  const { rows } = await pool.query<{ name: string }>(
    `select datname as name from pg_database where datname ^@ 'test_'`,
  );
  for (const { name } of rows) await pool.query(`drop database ${name} with (force)`);
  await close();
}

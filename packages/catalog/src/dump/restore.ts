import { pipeline, type Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type pg from 'pg';
import { openCopySink } from '../copy/copy-sink.ts';
import { CatalogError } from '../errors.ts';
import { readSchema } from '../migrate.ts';
import { copyTable, listDumpTables } from './dump-tables.ts';
import { type DumpHeader, type DumpSequence, type DumpTable, damaged, type Frame, readFrames } from './frames.ts';

/** What `restore` brought in. */
export interface Restored {
  /** When the dump was taken; RFC 3339 in UTC. */
  readonly taken_at: string;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/**
 * Restore a dump into a database that is migrated to the dump's schema and holds no rows: all of it in one transaction,
 * or nothing. The database's owner may do it, no superuser is needed.
 *
 * Foreign keys are taken off and put back, which checks them: the tables may refer to each other in circles, so no order
 * of loading would do. Triggers do not fire.
 *
 * @throws {CatalogError} `dump_damaged`, `dump_other_schema`, `dump_target_not_empty`; else what the server says.
 */
export async function restore(compressed: Readable, pool: pg.Pool): Promise<Restored> {
  // Before anything is waited for: a file that cannot be read says so at once, and would end the process unheard.
  const chunks = createZstdDecompress().on('error', () => {});
  pipeline(compressed, chunks, () => {});
  const client = await pool.connect().catch((error) => {
    compressed.destroy();
    throw error;
  });
  let isDone = false;
  try {
    await client.query('begin; set local statement_timeout = 0');
    const restored = await load(chunks, client);
    await client.query('commit');
    isDone = true;
    await client.query('analyze');
    return restored;
  } catch (error) {
    throw asDamage(error);
  } finally {
    compressed.destroy();
    // A connection left inside a COPY or a transaction is closed, not reused.
    client.release(!isDone);
  }
}

async function load(chunks: Readable, client: pg.PoolClient): Promise<Restored> {
  const frames = readFrames(chunks);
  const header = parse<DumpHeader>(await nextFrame(frames, 'h'));
  await refuseOtherSchema(header, client);
  const tables = await listDumpTables(client);
  await refuseRows(tables, client);
  const rows: Record<string, number> = {};
  const attach = await detachConstraints(tables, client);
  for (;;) {
    const frame = await nextFrame(frames, 't', 's');
    if (frame.kind === 's') {
      await setSequences(parse<DumpSequence[]>(frame), client);
      break;
    }
    const table = parse<DumpTable>(frame);
    if (!tables.some((ours) => JSON.stringify(ours) === JSON.stringify(table))) {
      throw damaged('It holds a table of another shape.', { found: table.name });
    }
    rows[table.name] = await loadTable(table, frames, client);
  }
  // The trailer is behind the sequences: reading on checks it.
  const surplus = await frames.next();
  if (!surplus.done) throw damaged('Something follows the sequences.', { found: surplus.value.kind });
  await attach();
  return { taken_at: header.taken_at, rows };
}

async function loadTable(table: DumpTable, frames: AsyncGenerator<Frame>, client: pg.PoolClient): Promise<number> {
  const sink = openCopySink(client, copyTable(client, table, 'from stdin'));
  try {
    for (;;) {
      const frame = await nextFrame(frames, 'd', 'e');
      if (frame.kind === 'd') {
        await sink.write(frame.payload);
        continue;
      }
      const wanted = parse<{ rows: number }>(frame).rows;
      const found = await sink.end();
      if (found === wanted) return found;
      throw damaged(`Table ${table.name} has ${found} rows of ${wanted}.`, { wanted: `${wanted}`, found: `${found}` });
    }
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function nextFrame(frames: AsyncGenerator<Frame>, ...kinds: string[]): Promise<Frame> {
  const { value: frame } = await frames.next();
  if (frame && kinds.includes(frame.kind)) return frame;
  const found = frame ? frame.kind : 'the end';
  throw damaged(`Its parts are not in order.`, { wanted: kinds.join(' or '), found });
}

function parse<T>(frame: Frame): T {
  try {
    return JSON.parse(frame.payload.toString()) as T;
  } catch (cause) {
    throw damaged('A part of it is no JSON.', { found: frame.kind, cause });
  }
}

async function refuseOtherSchema(header: DumpHeader, client: pg.PoolClient): Promise<void> {
  const ours = await readSchema(client);
  const print = (schema: DumpHeader['schema']) =>
    JSON.stringify(schema.map(({ version, checksum }) => [version, checksum]));
  if (print(header.schema) === print(ours)) return;
  const wanted = `schema version ${ours.at(-1)?.version ?? 0}`;
  const found = `schema version ${header.schema.at(-1)?.version ?? 0}`;
  throw new CatalogError(
    'dump_other_schema',
    `This database has ${wanted} and the dump has ${found}${wanted === found ? ', of another build' : ''}. Restore it with the Sluice version that made it; start the newer version on that database afterwards.`,
    { wanted, found },
  );
}

async function refuseRows(tables: readonly DumpTable[], client: pg.PoolClient): Promise<void> {
  for (const { name } of tables) {
    const table = `public.${client.escapeIdentifier(name)}`;
    const { rowCount } = await client.query(`select from ${table} limit 1`);
    if (rowCount === 0) continue;
    throw new CatalogError(
      'dump_target_not_empty',
      `A dump is restored into an empty database, and table ${name} of this one holds rows. Restore into a new data folder or a new database.`,
      { wanted: 'no rows', found: name },
    );
  }
}

/** Take foreign keys and triggers off. The tables are emptied once more: then COPY need not write them to the WAL. */
async function detachConstraints(tables: readonly DumpTable[], client: pg.PoolClient): Promise<() => Promise<void>> {
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string }>(`
    select conrelid::regclass as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0`);
  const { rows: triggers } = await client.query<{ table: string; name: string }>(`
    select tgrelid::regclass as table, quote_ident(tgname) as name
    from pg_trigger join pg_class on pg_class.oid = tgrelid
    where relnamespace = 'public'::regnamespace and not tgisinternal and tgenabled = 'O'`);
  for (const { table, name } of keys) await client.query(`alter table ${table} drop constraint ${name}`);
  for (const { table, name } of triggers) await client.query(`alter table ${table} disable trigger ${name}`);
  const names = tables.map(({ name }) => `public.${client.escapeIdentifier(name)}`);
  if (names.length > 0) await client.query(`truncate ${names.join(', ')}`);
  return async () => {
    for (const { table, name, definition } of keys) {
      await client.query(`alter table ${table} add constraint ${name} ${definition}`);
    }
    for (const { table, name } of triggers) await client.query(`alter table ${table} enable trigger ${name}`);
  };
}

async function setSequences(sequences: readonly DumpSequence[], client: pg.PoolClient): Promise<void> {
  for (const { name, value, is_called } of sequences) {
    const sequence = `public.${client.escapeIdentifier(name)}`;
    await client.query('select setval($1::regclass, $2, $3)', [sequence, value, is_called]);
  }
}

/**
 * Damage may first show as bytes that zstd cannot read or as data that the server refuses. Not what the server says of
 * itself: connections (SQLSTATE class 08), conflicts (40), resources (53), locks (55), operators (57), its disk (58).
 */
function asDamage(error: unknown): unknown {
  const code = String((error as { code?: unknown }).code ?? '');
  const isRefused = /^(?=.*\d)[0-9A-Z]{5}$/.test(code) && !/^(08(?!P01)|40|53|55|57|58)/.test(code);
  const isUnreadable = /^(ZSTD_error_|Z_|ERR_)/.test(code);
  if (!isRefused && !isUnreadable) return error;
  return damaged('Its content is not what was written.', { found: code, cause: error });
}

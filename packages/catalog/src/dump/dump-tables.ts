import type pg from 'pg';
import { CatalogError } from '../errors.ts';
import type { DumpSequence, DumpTable } from './frames.ts';

/**
 * Types whose binary form is the same on every server and major version. Left out on purpose: enums and composite types,
 * whose arrays carry object numbers of their database.
 */
const portableTypes = new Set(
  'bool bytea date float4 float8 int2 int4 int8 interval jsonb numeric text timestamp timestamptz uuid varchar'.split(
    ' ',
  ),
);

/**
 * The tables a dump holds: all of schema public but the migrations', with the columns that can be written, by name.
 *
 * @throws {CatalogError} `dump_column_type` for a column that would not survive the journey.
 */
export async function listDumpTables(client: pg.ClientBase): Promise<DumpTable[]> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(`
    select c.relname as table, a.attname as column, ltrim(t.typname, '_') as type
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> 'schema_migration'
    order by c.relname collate "C", a.attnum`);
  const tables = new Map<string, string[]>();
  for (const { table, column, type } of rows) {
    if (!portableTypes.has(type)) {
      throw new CatalogError(
        'dump_column_type',
        `Column ${table}.${column} has type ${type}, which a dump cannot carry between servers. Use another type, or teach the dump this one.`,
        { wanted: [...portableTypes].join(', '), found: type },
      );
    }
    tables.set(table, [...(tables.get(table) ?? []), column]);
  }
  return [...tables].map(([name, columns]) => ({ name, columns }));
}

/** The sequences of schema public, identity columns' among them, by name. */
export async function listDumpSequences(client: pg.ClientBase): Promise<DumpSequence[]> {
  const { rows } = await client.query<DumpSequence>(`
    select sequencename as name, coalesce(last_value, start_value)::float8 as value, last_value is not null as is_called
    from pg_sequences where schemaname = 'public' order by sequencename collate "C"`);
  return rows;
}

/** The COPY of a table, `to stdout` or `from stdin`. */
export function copyTable(client: pg.ClientBase, table: DumpTable, direction: 'to stdout' | 'from stdin'): string {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  return `copy public.${client.escapeIdentifier(table.name)} (${columns}) ${direction} (format binary)`;
}

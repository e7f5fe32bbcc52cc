import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { CatalogError } from './errors.ts';
import { markConnectionLoss } from './mark-connection-loss.ts';
import type { Tables } from './tables.ts';

/** Where a database is: a `postgresql://` address or its parts; for a Unix socket `host` is its folder. */
export type DatabaseAddress =
  | string
  | {
      readonly host: string;
      readonly port?: number;
      readonly user?: string;
      readonly password?: string;
      readonly database?: string;
    };

/** What `connect` may be told; a timeout left out is the server's. */
export interface ConnectOptions {
  /** Connections at most; 10 when left out. */
  readonly max?: number;
  /** Name in the server's list of connections. */
  readonly applicationName?: string;
  readonly statementTimeout_ms?: number;
  readonly lockTimeout_ms?: number;
  /** Gets the error of a connection that broke while nobody used it; the pool replaces it by itself. */
  readonly onIdleError?: (error: Error) => void;
}

/** A pool of connections and the typed view of it. */
export interface Database {
  readonly db: Kysely<Tables>;
  readonly pool: pg.Pool;
  /** Wait for the queries that run, then close all connections. */
  close(): Promise<void>;
}

/**
 * Open a pool. Nothing connects before the first query.
 *
 * Values arrive as: int8 → number (outside the safe integers: CatalogError `int8_unsafe`), timestamptz → Date, date and
 * numeric → their text, bytea → Buffer, jsonb → parsed.
 */
export function connect(address: DatabaseAddress, options: ConnectOptions = {}): Database {
  const pool = new pg.Pool({
    ...clientConfig(address),
    max: options.max ?? 10,
    application_name: options.applicationName ?? 'sluice',
    ...(options.statementTimeout_ms !== undefined && { statement_timeout: options.statementTimeout_ms }),
    ...(options.lockTimeout_ms !== undefined && { lock_timeout: options.lockTimeout_ms }),
  });
  // Without a listener a restart of the server would end this process.
  pool.on('error', options.onIdleError ?? (() => {}));
  // Likewise for a connection that breaks while it is lent out and asks nothing; the next query on it fails.
  pool.on('connect', markConnectionLoss);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  // Not db.destroy(): a Kysely that was never asked anything would leave the pool open.
  return { db, pool, close: () => pool.end() };
}

/** How a client of ours connects and reads values. */
export function clientConfig(address: DatabaseAddress): pg.ClientConfig {
  const target = typeof address === 'string' ? { connectionString: address } : address;
  return { ...target, keepAlive: true, types: { getTypeParser } };
}

const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, parseInt8],
  [pg.types.builtins.DATE, (text) => text],
]);

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format as 'text');

function parseInt8(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new CatalogError('int8_unsafe', `The database holds ${text}, which JavaScript cannot count exactly.`, {
    wanted: 'at most 9007199254740991',
    found: text,
  });
}

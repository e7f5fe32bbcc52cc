import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { connect, type Database, listen, ping, touchTokens } from '@sluice/catalog';
import {
  createLastUsed,
  createLoginLimit,
  createPrincipalCache,
  deriveSessionKey,
  type LastUsed,
  type LoginLimit,
  type PrincipalCache,
  type SessionKey,
} from '@sluice/identity';
import {
  type BundleDeps,
  createFileFetcher,
  type FileFetcher,
  type MirrorDeps,
  type MirrorInfo,
  mirrorInfos,
} from '@sluice/mirror';
import { type BlobStore, openDiskStore } from '@sluice/storage';
import { createBundling } from './bundling.ts';
import type { Config } from './config/read-config.ts';
import { loadSecretKey } from './config/secret-key.ts';
import { createFollowers, type Followers } from './http/api/mirror/followers.ts';
import { MEMORY_AGE_MS } from './http/memory-age.ts';
import type { Metrics } from './http/metrics.ts';
import type { Log } from './log.ts';
import { createMirroring } from './mirroring.ts';

/** What rooms are built from: the settings, the database, and what only a process has. */
export interface ComposeOptions {
  config: Config;
  /** Address of the database, `postgresql://…`. */
  database: string;
  log: Log;
  /** The clock; the machine's when left out. */
  now?: () => Date;
  /** Name of its connections in the database's list. */
  name: string;
  /** Told of every file of an index that is made. */
  onRegenerated: Metrics['onRegenerated'];
}

/** Everything a process works with, built once. Routes, doors and jobs take what they need of it. */
export interface Rooms {
  config: Config;
  log: Log;
  now: () => Date;
  newId: () => string;
  db: Database['db'];
  pool: Database['pool'];
  storage: BlobStore;
  sessionKey: SessionKey;
  loginLimit: LoginLimit;
  cache: PrincipalCache;
  lastUsed: LastUsed;
  /** What mirror runs and verbs work with. */
  mirroring: MirrorDeps;
  /** Fetches files at their first request. */
  fetcher: FileFetcher;
  /** What bundles for networks that are cut off are made and brought in with. */
  bundling: BundleDeps;
  /** Who listens to runs of mirrors. */
  followers: Followers<MirrorInfo>;
  /** Note that files of an index were made anew. */
  onRegenerated: Metrics['onRegenerated'];
  database: string;
  databaseUp: () => Promise<boolean>;
  /** Hear of changes that other processes made; resolves once listening. The database must be there. */
  follow(): Promise<void>;
  /** Call `forget` whenever something changed: with `<noun>:<id>`, or with nothing when announcements were missed. */
  onChange(forget: (changed?: string) => void): void;
  /** Do this before the database is closed. */
  onClose(work: () => Promise<void>): void;
  /** Write what waits, close what is open. */
  close(): Promise<void>;
}

/** Build every room from the settings. The only place that knows all of them. Asks the database nothing yet. */
export async function compose(options: ComposeOptions): Promise<Rooms> {
  const { config, log } = options;
  const now = options.now ?? (() => new Date());
  const database = connect(options.database, {
    applicationName: options.name,
    onIdleError: (error) => log.warn({ error }, 'database connection lost'),
  });
  const storage = await openDiskStore({
    root: join(config.data.folder, 'blobs'),
    newId: randomUUID,
    now: () => now().getTime(),
  });
  const cache = createPrincipalCache({ max_age_ms: MEMORY_AGE_MS });
  const lastUsed = createLastUsed(
    (uses) => touchTokens(database.db, uses),
    (error) => log.warn({ error }, 'the use of tokens could not be noted'),
  );
  let listener: { close(): Promise<void> } | undefined;
  const memories = [cache.forget];
  const endings: (() => Promise<void>)[] = [];
  const forget = (changed?: string) => {
    for (const memory of memories) memory(changed);
  };

  const secretKey = loadSecretKey(config).reveal();
  const admission = { db: database.db, pool: database.pool, storage, now, newId: randomUUID };
  const mirroring = createMirroring(config, secretKey, admission);
  const fetcher = createFileFetcher(mirroring);

  return {
    config,
    log,
    ...admission,
    mirroring,
    fetcher,
    bundling: createBundling(config, mirroring, fetcher),
    followers: createFollowers({ read: (ids) => mirrorInfos(mirroring, ids) }),
    sessionKey: deriveSessionKey(secretKey),
    loginLimit: createLoginLimit(),
    // Who forgets here is who changed it: all memories that stand on this one forget as well.
    cache: { ...cache, forget },
    lastUsed,
    onRegenerated: options.onRegenerated,
    database: options.database,
    databaseUp: () => ping(database.db),
    follow: async () => {
      listener = await listen(options.database, ['sluice_changed'], {
        onNotify: (_, changed) => forget(changed),
        onReconnect: () => forget(),
        onError: (error) => log.warn({ error }, 'database listener lost'),
      });
    },
    onChange: (memory) => void memories.push(memory),
    onClose: (work) => void endings.push(work),
    close: async () => {
      await listener?.close();
      for (const end of endings) await end();
      await fetcher.close();
      await mirroring.http.close();
      await lastUsed.close();
      await storage.close();
      await database.close();
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { LayerState, Privacy } from '@sluice/catalog';
import type { MirrorFilters, NeededSet } from '@sluice/policy';
import { lostRecords } from '@sluice/publish';
import { type AdmitDeps, admitIndexDocument, admitUpload, neededFiles } from '@sluice/registry';
import { openDiskStore } from '@sluice/storage';
import { createTestDatabase } from './database.ts';
import { newTestId } from './new-test-id.ts';

/** A repodata document to admit: package file name → record. */
export type TestRecords = Record<string, Record<string, unknown>>;

/** A catalog without a server: rows and blobs as the verbs would have left them, for tests of a room below the server. */
export interface TestCatalog extends AdmitDeps {
  /** The folder of the blob store. */
  root: string;
  /** The time that `now` tells; move it by hand. */
  clock: { ms: number };
  addChannel(path: string, options?: { privacy?: Privacy; filters?: object; frozen?: boolean }): Promise<number>;
  /** Set columns of a channel. */
  editChannel(id: number, columns: Partial<{ frozen: boolean; filters: string }>): Promise<void>;
  /** An upstream source with one subdir's records, or its whole repodata. Admit again under the same number to change them. */
  admit(
    records: TestRecords | string,
    options?: { sourceId?: number; subdir?: string },
  ): Promise<{ sourceId: number; revision: number }>;
  addMirror(
    channelId: number,
    sourceId: number,
    options?: { atRev?: number; filters?: MirrorFilters; keepLegacy?: boolean; mode?: 'active' | 'passive' },
  ): Promise<string>;
  editMirror(id: string, columns: { at_rev?: number; filters?: string }): Promise<void>;
  neededFiles(layer: LayerState): Promise<NeededSet>;
  lostRecords(part: Parameters<typeof lostRecords>[1]): ReturnType<typeof lostRecords>;
  upload(channelId: number, path: string, file: { fileName: string; bytes: Uint8Array }): Promise<{ status: string }>;
  close(): Promise<void>;
}

/** Open a {@link TestCatalog} on a database and a folder of its own. */
export async function createTestCatalog(): Promise<TestCatalog> {
  const database = await createTestDatabase();
  const root = await mkdtemp(join(tmpdir(), 'sluice-catalog-'));
  const clock = { ms: Date.parse('2026-11-21T00:00:00Z') };
  const now = () => new Date(clock.ms);
  const storage = await openDiskStore({ root, newId: newTestId, now: () => clock.ms });
  const deps: AdmitDeps = { db: database.db, pool: database.pool, storage, now, newId: newTestId };
  const { db } = deps;

  async function addSource(): Promise<number> {
    const url = `http://upstream.test/${newTestId()}`;
    const row = await db
      .insertInto('source')
      .values({ type: 'conda', url, created_at: now() } as never)
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  }

  return {
    ...deps,
    root,
    clock,
    async addChannel(path, { privacy = 'public', filters = {}, frozen = false } = {}) {
      const row = await db
        .insertInto('channel')
        .values({
          path,
          parent_id: null,
          owner_id: null,
          privacy,
          types: ['conda'],
          filters: JSON.stringify(filters),
          frozen,
          created_at: now(),
          updated_at: now(),
          deleted_at: null,
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return row.id;
    },
    async editChannel(id, columns) {
      await db.updateTable('channel').set(columns).where('id', '=', id).execute();
    },
    async admit(records, { sourceId, subdir = 'linux-64' } = {}) {
      const id = sourceId ?? (await addSource());
      const { revision } = await admitIndexDocument(deps, {
        sourceId: id,
        subdir,
        document: () =>
          Readable.from([Buffer.from(typeof records === 'string' ? records : repodataText(records, subdir))]),
        finish: () => ({ document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: null }),
      });
      return { sourceId: id, revision };
    },
    async addMirror(channelId, sourceId, { atRev = 1, filters = {}, keepLegacy = true, mode = 'passive' } = {}) {
      const id = newTestId();
      const others = await db
        .selectFrom('mirror')
        .select(['name', 'position'])
        .where('channel_id', '=', channelId)
        .execute();
      const place = Math.max(-1, ...others.map(({ position }) => position)) + 1;
      // One that was moved up keeps its name.
      const names = new Set(others.map(({ name }) => name));
      let number = place;
      while (names.has(`mirror-${number}`)) number++;
      await db
        .insertInto('mirror')
        .values({
          id,
          channel_id: channelId,
          name: `mirror-${number}`,
          position: place,
          source_id: sourceId,
          mode,
          filters: JSON.stringify(filters),
          keep_legacy: keepLegacy,
          cron: '0 0 1 * *',
          next_run_at: null,
          at_rev: atRev,
          last_run_id: null,
          created_at: now(),
          updated_at: now(),
        })
        .execute();
      return id;
    },
    async editMirror(id, columns) {
      await db.updateTable('mirror').set(columns).where('id', '=', id).execute();
    },
    neededFiles: (layer) => neededFiles(deps, layer),
    lostRecords: (part) => lostRecords(deps, part),
    async upload(channelId, path, { fileName, bytes }) {
      const receiving = await storage.receive();
      await receiving.write(bytes);
      const channel = { id: channelId, path, types: ['conda', 'python', 'r'] };
      return admitUpload(deps, { channel, fileName, receiving, actor: 'tester' });
    },
    async close() {
      await storage.close();
      await database.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** A record as conda-index would write it, with made-up digests. */
export function testRecord(name: string, version: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name, version, build: '0', build_number: 0, depends: [], subdir: 'linux-64', size: 10, ...more };
}

function repodataText(records: TestRecords, subdir: string): string {
  const map = (conda: boolean) =>
    Object.fromEntries(Object.entries(records).filter(([file]) => file.endsWith('.conda') === conda));
  return JSON.stringify({ info: { subdir }, packages: map(false), 'packages.conda': map(true), removed: [] });
}

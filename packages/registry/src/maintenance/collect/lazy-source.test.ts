import { findBlob, findSourceList } from '@sluice/catalog';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitCompanion } from '../../admit/companion.ts';
import { admitName } from '../../admit/name.ts';
import { admitProjectList, readNameList } from '../../admit/project-list.ts';
import { collect } from '../testing/run-maintenance.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

const subdir = 'pypi';
const nowhere = { document_url: null, document_sha256: null, etag: null, last_modified: null, base_url: null };

async function list(source_id: number, ...files: string[]) {
  const encode = (value: object) => Buffer.from(JSON.stringify(value));
  return admitName(catalog, {
    part: { source_id, subdir },
    name: 'demo',
    listed: files.map((file) => ({
      file: `demo/${file}`,
      body: encode({ filename: file, url: file, hashes: {} }),
      extra: null,
    })),
    answer: { absent: false, document_sha256: null, etag: null, last_modified: null, meta: {}, checked_at: new Date() },
    origin: nowhere,
  });
}

async function afterGrace(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await collect(catalog);
    catalog.clock.ms += 25 * 3_600_000;
  }
}

it('the list of an index stays while a mirror reads it, and what stands beside a file while a layer shows it', async () => {
  const channel = await catalog.addChannel('c');
  const { source_id } = await catalog.db
    .insertInto('source')
    .values({
      type: 'python_simple',
      url: 'http://index',
      proxy: null,
      credential: null,
      credential_key: null,
      ca: null,
      ca_key: null,
      channel_id: null,
      created_at: new Date(),
    })
    .returning('id as source_id')
    .executeTakeFirstOrThrow();
  const part = { source_id, subdir };
  await admitProjectList(catalog, { part, lines: ['demo', 'foo-bar\tFoo.Bar'], etag: null, lastModified: null });
  expect(await readNameList(catalog, part)).toEqual(['demo', 'foo-bar']);
  const { revision } = await list(source_id, 'demo-1.0.tar.gz');
  await catalog.addMirror(channel, source_id, { atRev: revision });
  const place = { ...part, file: 'demo/demo-1.0.tar.gz', from_rev: revision, kind: 'provenance' as const };
  const { sha256 } = await admitCompanion(catalog, place, Buffer.from('attested'));
  await afterGrace();
  expect(await findSourceList(catalog.db, part)).toBeDefined();
  expect(await findBlob(catalog.db, sha256)).toBeDefined();

  const gone = await list(source_id, 'demo-2.0.tar.gz');
  expect(gone).toMatchObject({ added: 1, removed: 1 });
  await catalog.db.updateTable('mirror').set({ at_rev: gone.revision }).execute();
  await afterGrace();
  expect(await findBlob(catalog.db, sha256)).toBeUndefined();
  await catalog.db.deleteFrom('mirror').execute();
  await afterGrace();
  expect(await findSourceList(catalog.db, part)).toBeUndefined();
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CompanionKind, findCompanion } from '@sluice/catalog';
import { buildWheel, indexedFile, startUpstreamServer, type UpstreamServer, writeSimpleIndex } from '@sluice/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createNameAsker } from '../ask-name/name-asker.ts';
import { type Bench, openBench } from '../testing/bench.ts';
import { deleteMirror } from '../verbs/delete-mirror.ts';
import { createCompanions } from './companions.ts';
import { createFileFetcher } from './file-fetcher.ts';

const fileName = 'demo-1.0-py3-none-any.whl';
let folder: string;
let upstream: UpstreamServer;
let bench: Bench;
let mirrorId: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'index-'));
  upstream = await startUpstreamServer({ folder });
  bench = await openBench();
  await bench.deps.db
    .updateTable('channel')
    .set({ types: ['python'] })
    .execute();
  const said = { 'core-metadata': true, provenance: '../../files/attested' };
  writeSimpleIndex(folder, { demo: [indexedFile(await buildWheel({ name: 'demo' }), said)] });
  mirrorId = await bench.mirror({ mirror_type: 'python_simple', source_root: `${upstream.url}/simple/`, filters: {} });
  await createNameAsker(bench.deps).ask(bench.channel.id, 'demo');
});
afterEach(async () => {
  await upstream.close();
  await bench.close();
  rmSync(folder, { recursive: true });
});

async function find(kind: CompanionKind) {
  const row = await bench.deps.db.selectFrom('record').selectAll().executeTakeFirstOrThrow();
  const place = { source_id: row.source_id, subdir: row.subdir, file: row.file, from_rev: row.from_rev, kind };
  const fetcher = createFileFetcher(bench.deps);
  const file = { part: place, file: row.file, from_rev: row.from_rev, expected: {}, blob: undefined };
  const found = await createCompanions(bench.deps, fetcher)
    .find(file, kind)
    .finally(() => fetcher.close());
  return { found, stored: await findCompanion(bench.deps.db, place) };
}

test.each<[CompanionKind, string, string]>([
  ['metadata', `/files/${fileName}.metadata`, '<html><body>Log in first</body></html>'],
  ['metadata', `/files/${fileName}.metadata`, 'Metadata-Version: 2.1\nName: other\nVersion: 1.0\n'],
  ['provenance', '/files/attested', '<html><body>Log in first</body></html>'],
  ['provenance', '/files/attested', '{"error":"none"}'],
])('%s that is something else is not kept', async (kind, path, html) => {
  upstream.fail(path, { html });
  await expect(find(kind)).rejects.toMatchObject({ code: 'upstream_malformed' });
  upstream.reset();
  upstream.fail('/files/attested', { html: '{"version":1,"attestation_bundles":[]}' });
  expect((await find(kind)).stored).toBeDefined();
});

test('what stands beside a file that is kept when its mirror goes is kept as well', async () => {
  upstream.fail('/files/attested', { html: '{"version":1,"attestation_bundles":[]}' });
  await find('provenance');
  const row = await bench.deps.db.selectFrom('record').selectAll().executeTakeFirstOrThrow();
  const fetcher = createFileFetcher(bench.deps);
  const fetched = await fetcher.fetch({ part: row, file: row.file, from_rev: row.from_rev, expected: {} });
  if (fetched.kind === 'inflight') await fetched.done;
  await fetcher.close();
  expect(await deleteMirror(bench.deps, mirrorId, 'keep', { name: 'tester' })).toBe(1);
  const beside = await bench.deps.db
    .selectFrom('record_companion')
    .innerJoin('source', 'source.id', 'source_id')
    .where('source.channel_id', '=', bench.channel.id)
    .select('kind')
    .orderBy('kind')
    .execute();
  expect(beside).toEqual([{ kind: 'metadata' }, { kind: 'provenance' }]);
});

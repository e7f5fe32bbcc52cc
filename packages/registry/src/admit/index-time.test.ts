import { findLatestRecords, findUploadsSource } from '@sluice/catalog';
import { type CondaRecord, readRecord } from '@sluice/formats/conda';
import { parseDcf } from '@sluice/formats/cran';
import { cranSourcePart } from '@sluice/formats/package';
import { buildCondaPackage, buildRPackage, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteFiles } from '../channels/delete-files.ts';

const day = 86_400_000;
const actor = { id: 'x', name: 'ada' };

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await createTestCatalog();
});
afterAll(() => catalog.close());

type Package = Pick<Awaited<ReturnType<typeof buildCondaPackage>>, 'fileName' | 'bytes'>;
const upload = (channel: number, path: string, pack: Package) => catalog.upload(channel, path, pack);

/** The live record of the package. */
async function recordOf(channel: number, { fileName }: Package): Promise<CondaRecord> {
  return readRecord(await textOf(channel, 'noarch', fileName));
}

async function textOf(channel: number, subdir: string, file: string): Promise<Uint8Array> {
  const source = (await findUploadsSource(catalog.db, channel))!;
  const [record] = await findLatestRecords(catalog.db, { source_id: source.id, subdir }, [file], source.revision);
  return record!.body;
}

describe('indexed_timestamp', () => {
  it('is the time of the first upload of these bytes, whatever the package says and however often it goes and comes', async () => {
    const { clock, db } = catalog;
    const channel = await catalog.addChannel('first');
    const place = { id: channel, path: 'first' };
    const deps = { db, now: () => new Date(clock.ms) };
    const one = await buildCondaPackage({ name: 'demo', index: { indexed_timestamp: 1 }, files: { a: '1' } });
    const other = await buildCondaPackage({ name: 'demo', files: { a: '2' } });
    const began = clock.ms;
    const seen: (number | undefined)[] = [];
    for (const pack of [one, one, other, one]) {
      expect((await upload(channel, 'first', pack)).status).toBe('created');
      seen.push((await recordOf(channel, pack)).indexed_timestamp);
      await deleteFiles(deps, place, { name: 'demo' }, actor);
      clock.ms += day;
    }
    expect(seen).toEqual([began, began, began + 2 * day, began]);
  });
});

describe('Published, of R', () => {
  it('is that time, too', async () => {
    const { clock } = catalog;
    const channel = await catalog.addChannel('r-first');
    const place = { id: channel, path: 'r-first' };
    const one = await buildRPackage({ name: 'demo', version: '1.0' });
    const other = await buildRPackage({ name: 'demo', version: '1.0', imports: 'cli' });
    const began = clock.ms;
    const seen: (string | undefined)[] = [];
    for (const pack of [one, other, one]) {
      expect((await upload(channel, 'r-first', pack)).status).toBe('created');
      seen.push(parseDcf(await textOf(channel, cranSourcePart, pack.fileName)).get('Published'));
      await deleteFiles(catalog, place, { type: 'r', name: 'demo' }, actor);
      clock.ms += day;
    }
    expect(seen).toEqual([began, began + day, began].map((ms) => new Date(ms).toISOString()));
  });
});

describe('a package that says when it was built', () => {
  it.each([
    ['in the past', -day, 1],
    ['in the past, in seconds', -day, 1000],
    ['a little ahead of our clock', 60_000, 1],
  ])('%s is taken', async (what, offset, unit) => {
    const channel = await catalog.addChannel(what.replaceAll(/[ ,]+/g, '-'));
    const timestamp = Math.trunc((catalog.clock.ms + offset) / unit);
    const pack = await buildCondaPackage({ name: 'demo', index: { timestamp } });
    await upload(channel, what, pack);
    expect((await recordOf(channel, pack)).timestamp).toBe(Math.trunc((timestamp * unit) / 1000) * 1000);
  });

  it.each([
    ['tomorrow', 1],
    ['tomorrow, in seconds', 1000],
    ['beyond all dates', 1 / 1_000_000],
  ])('%s is refused', async (what, unit) => {
    const channel = await catalog.addChannel(what.replaceAll(/[ ,]+/g, '-'));
    const timestamp = Math.trunc((catalog.clock.ms + day) / unit);
    const pack = await buildCondaPackage({ name: 'demo', index: { timestamp } });
    await expect(upload(channel, what, pack)).rejects.toMatchObject({ code: 'timestamp_future' });
  });
});

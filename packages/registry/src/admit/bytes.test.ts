import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseSha256 } from '@sluice/formats/digest';
import { type Receiving, StorageError } from '@sluice/storage';
import { type BuiltPackage, buildCondaPackage, createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { admitBytes } from './bytes.ts';

let catalog: TestCatalog;
let one: BuiltPackage;
beforeEach(async () => {
  catalog = await createTestCatalog();
  one = await buildCondaPackage({ name: 'one', subdir: 'linux-64' });
});
afterEach(() => catalog.close());

const sha256Of = (bytes: Uint8Array) => parseSha256(createHash('sha256').update(bytes).digest('hex'));

async function arrived({ fileName: file, bytes }: Pick<BuiltPackage, 'fileName' | 'bytes'>, sha256 = sha256Of(bytes)) {
  const receiving = await catalog.storage.receive({ expect: { sha256 } });
  await receiving.write(bytes);
  return { receiving, sourceId: 1, subdir: 'linux-64', file, fromRev: 1, hasSha256: true };
}

const temporary = (receiving: Receiving) => readdir(dirname(receiving.path));

it('keeps the good ones of a batch and says what is wrong with the others', async () => {
  const files = [
    await arrived(one),
    await arrived(one, sha256Of(Buffer.from('other'))),
    await arrived({ fileName: 'two-1.0-0.conda', bytes: one.bytes }),
    await arrived({ fileName: 'no-1.0-0.conda', bytes: Buffer.from('no zip') }),
  ];
  const arrivals = await admitBytes(catalog, files);
  expect(arrivals).toEqual([
    { ok: true, sha256: sha256Of(one.bytes), size: one.bytes.byteLength },
    { ok: false, code: 'digest_mismatch', message: expect.any(String) },
    { ok: false, code: 'archive_refused', message: expect.stringContaining('two') },
    { ok: false, code: 'archive_refused', message: expect.any(String) },
  ]);
  const { n } = await catalog.db
    .selectFrom('blob')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  expect([Number(n), await temporary(files[0]!.receiving)]).toEqual([1, []]);
});

it('leaves no temporary file when the disk fails or the doer may go on no more', async () => {
  const [good, bad] = [await arrived(one), await arrived(one)];
  bad.receiving.finish = () => Promise.reject(new StorageError('storage_io', 'The disk failed.'));
  await expect(admitBytes(catalog, [good, bad])).rejects.toMatchObject({ code: 'storage_io' });
  await expect.poll(() => temporary(good.receiving)).toEqual([]);

  const late = await arrived(one);
  const guard = () => Promise.reject(new Error('fenced out'));
  await expect(admitBytes(catalog, [late], guard)).rejects.toThrow('fenced out');
  expect(await temporary(late.receiving)).toEqual([]);
});

it('holds its rows for no longer than a moment when the doer falls asleep', async () => {
  const bounds: string[] = [];
  await admitBytes(catalog, [await arrived(one)], async (trx) => {
    const setting = trx.selectNoFrom(({ fn, val }) =>
      fn<string>('current_setting', [val('idle_in_transaction_session_timeout')]).as('bound'),
    );
    bounds.push((await setting.executeTakeFirstOrThrow()).bound);
  });
  expect(bounds).toEqual(['10s']);
});

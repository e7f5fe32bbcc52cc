import { randomBytes } from 'node:crypto';
import { createTestCatalog, type TestCatalog, testRecord } from '@sluice/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { headShards } from './head-shards.ts';
import { publishChannel } from './publish-channel.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await createTestCatalog();
});
afterEach(() => catalog.close());

const names = ['aa', 'b', 'c', 'd', 'e', 'f', 'g'];

it('gives all files of the names that were asked for, in every subdir, with whole records or some members', async () => {
  const channel = await catalog.addChannel('c');
  for (const [subdir, version] of [
    ['linux-64', '1.0'],
    ['noarch', '2.0'],
  ] as const) {
    // Packed, they fill more than one batch.
    const records = names.flatMap((name) =>
      [version, '0.1'].map((one) => {
        const record = testRecord(name, one, {
          license: 'MIT',
          build_number: 3,
          summary: randomBytes(20_000).toString('hex'),
        });
        return [`${name}-${one}-0.conda`, record] as const;
      }),
    );
    const { sourceId } = await catalog.admit(Object.fromEntries(records), { subdir });
    await catalog.addMirror(channel, sourceId);
  }
  await publishChannel(catalog, channel, 'test');

  const asked = [...names.slice(1), 'a', 'none', 'linux-64/b'];
  const whole = await headShards(catalog, channel, asked);
  const keys = ['linux-64', 'noarch'].flatMap((subdir) => names.slice(1).map((name) => `${subdir}/${name}`));
  expect(whole.map(({ subdir, name }) => `${subdir}/${name}`)).toEqual(keys);
  expect(whole[0]?.files.map(({ file }) => file)).toEqual(['b-0.1-0.conda', 'b-1.0-0.conda']);
  expect(whole[0]?.files[0]?.record.summary).toHaveLength(40_000);

  const fields = ['version', 'license', 'build_number'];
  const picked = whole.map((shard) => ({
    ...shard,
    files: shard.files.map(({ file, record }) => ({
      file,
      record: Object.fromEntries(Object.entries(record).filter(([key]) => fields.includes(key))),
    })),
  }));
  expect(await headShards(catalog, channel, asked, fields)).toEqual(picked);
  expect(await headShards(catalog, channel, [])).toEqual([]);
});

import { startTestApp } from '@sluice/testkit/app';
import { expect, test } from 'vitest';
import { ownChannel } from './http/protocols/testing/own-channel.ts';

const index = '/linux-64/repodata_shards.msgpack.zst';

test('24 cold readers after a change cause one regeneration, which the thread of the jobs made and /metrics tells', async () => {
  const app = await startTestApp({ jobs: 'thread' });
  try {
    const channel = await ownChannel(app, 'c', { privacy: 'public' });
    await channel.upload({ name: 'one', subdir: 'linux-64' });
    await channel.upload({ name: 'two', subdir: 'linux-64' });
    const made = async () => {
      const { text } = await app.request('GET', '/metrics');
      const lines = text.matchAll(/^sluice_regenerations_total\{kind="(\w+)"\} (\d+)$/gm);
      return Object.fromEntries([...lines].map(([, kind, count]) => [kind, Number(count)]));
    };
    await expect.poll(made).toMatchObject({ shard: 2, index: 2 });
    const before = await (await channel.get(index)).arrayBuffer();
    const documents = (await made()).document!;
    const readers = Array.from({ length: 24 }, async () => {
      for (;;) {
        const [shards, plain] = [await channel.get(index), await channel.get('/linux-64/repodata.json')];
        expect([shards.status, plain.status]).toEqual([200, 200]);
        const text = await plain.text();
        if ((await shards.arrayBuffer()).byteLength !== before.byteLength && text.includes('three-')) return;
      }
    });
    await channel.upload({ name: 'three', subdir: 'linux-64' });
    await Promise.all(readers);
    const rows = await app.db.selectFrom('monolith').select('key').where('no', '=', 3).execute();
    await expect.poll(made).toEqual({ shard: 3, index: 3, document: documents + rows.length });
  } finally {
    await app.close();
  }
});

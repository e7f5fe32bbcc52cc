import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { createRepodataScanner } from '@sluice/formats/conda';
import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sluice, startSluice } from './start-sluice.ts';

/** The linux-64 repodata of the pytorch channel; its origin stands beside it. */
const origin = new URL('../../../packages/formats/src/conda/testdata/pytorch-linux-64.json.gz', import.meta.url);

/** Each record by file name, as the document has it, byte for byte. */
function recordTexts(document: Uint8Array): Map<string, string> {
  const texts = new Map<string, string>();
  const scanner = createRepodataScanner({
    onRecord: (bucket, file, record) => void texts.set(`${bucket} ${file}`, Buffer.from(record).toString('latin1')),
  });
  scanner.push(document);
  scanner.end();
  return texts;
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0);

/** The vendor's keys, which are always there. */
const filterKeys = {
  mirror: ['cve', 'date', 'license', 'only_specs', 'exclude_specs', 'duplicated_legacy_conda'],
  channel: ['license', 'exclude_specs'],
};

describe('a real repodata through a passive mirror', () => {
  let sluice: Sluice;
  let upstream: UpstreamServer;
  let wanted: Map<string, string>;

  beforeAll(async () => {
    sluice = await startSluice();
    const folder = sluice.newFolder('pytorch');
    const document = gunzipSync(readFileSync(origin));
    for (const subdir of ['linux-64', 'noarch']) mkdirSync(path.join(folder, subdir));
    writeFileSync(path.join(folder, 'linux-64/repodata.json'), document);
    writeFileSync(path.join(folder, 'noarch/repodata.json'), '{}');
    upstream = await startUpstreamServer({ folder });
    wanted = recordTexts(document);
  });
  afterAll(async () => {
    await sluice.close();
    await upstream.close();
  });

  it.each<{ name: string; filters?: object; channelFilters?: object; keeps: (file: string) => boolean | undefined }>([
    { name: 'no-filters', keeps: () => true },
    {
      name: 'one-filter',
      filters: { exclude_specs: ['ignite-nightly'] },
      keeps: (file) => !file.startsWith('ignite-nightly-'),
    },
    {
      name: 'many-filters',
      filters: {
        subdirs: ['linux-64'],
        exclude_specs: ['pytorch >=1.5', 'faiss-gpu'],
        include_specs: ['pytorch=2.0'],
        exclude_licenses: ['lgpl'],
        date_from: '2018-06-01',
        date_to: '2023-06-30',
      },
      channelFilters: { exclude_specs: ['torchaudio'] },
      keeps: (file) => {
        if (/^pytorch-2\.0/.test(file)) return true;
        return /^(faiss-gpu|torchaudio)-\d|^pytorch-(1\.[5-9]|1\.1\d|2)/.test(file) ? false : undefined;
      },
    },
    { name: 'only-one', filters: { only_specs: ['torchserve'] }, keeps: (file) => file.startsWith('torchserve-') },
    { name: 'nothing', filters: { only_specs: ['not-there'] }, keeps: () => false },
  ])('keeps the upstream’s bytes of every record it keeps: $name', async ({ name, filters, channelFilters, keeps }) => {
    await sluice.makeChannel(name, { filters: channelFilters });
    const mirror = await sluice.mirror(name, { mirror_mode: 'passive', source_root: upstream.url, filters });
    const packed = await fetch(`${sluice.address(name)}linux-64/repodata.json.zst`);
    const plain = await fetch(`${sluice.address(name)}linux-64/repodata.json`);
    const document = Buffer.from(await plain.arrayBuffer());
    expect(zstdDecompressSync(await packed.arrayBuffer()).equals(document)).toBe(true);
    const kept = recordTexts(document);

    const changed = [...kept].filter(([key, text]) => wanted.get(key) !== text).map(([key]) => key);
    expect(changed).toEqual([]);
    const isKept = (key: string) => kept.has(key);
    const wrong = [...wanted.keys()].filter((key) => (keeps(key.split(' ')[1]!) ?? isKept(key)) !== isKept(key));
    expect(wrong).toEqual([]);
    expect([...kept.keys()]).toEqual([...wanted.keys()].filter(isKept).sort());

    const { count } = mirror.sync_state;
    expect(Object.keys(count.mirror_filtered)).toEqual(expect.arrayContaining(filterKeys.mirror));
    expect(Object.keys(count.channel_filtered)).toEqual(expect.arrayContaining(filterKeys.channel));
    expect(count).toMatchObject({ total: wanted.size, passive: kept.size, active: 0, failed: 0, removed: 0 });
    expect(sum(count.mirror_filtered) + sum(count.channel_filtered) + count.passive).toBe(count.total);
    expect(upstream.asked.map(({ path: asked }) => asked).filter((asked) => !/json|zst/.test(asked))).toEqual([]);
  });

  it('counts each file under the one reason that came first', async () => {
    const { json } = await sluice.app.request('GET', '/api/channels/many-filters/mirrors', {
      token: await sluice.app.adminToken(),
    });
    const { mirror_filtered: byMirror, channel_filtered: byChannel } = json.items[0].sync_state.count;
    const count = (files: (file: string) => boolean) =>
      [...wanted.keys()].filter((key) => files(key.split(' ')[1]!)).length;
    expect(byChannel).toMatchObject({ exclude_specs: count((file) => /^torchaudio-\d/.test(file)), license: 0 });
    for (const reason of ['date', 'exclude_specs', 'license']) expect(byMirror[reason]).toBeGreaterThan(0);
    for (const reason of ['cve', 'only_specs', 'duplicated_legacy_conda']) expect(byMirror[reason]).toBe(0);
  });
});

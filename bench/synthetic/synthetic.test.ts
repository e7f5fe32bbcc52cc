import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { createRepodataScanner, parseFileName, parseMatchSpec, readRecord } from '@sluice/formats/conda';
import { parseLicence } from '@sluice/formats/licence';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SyntheticRecord, syntheticRecords } from './records.ts';
import { shareOut } from './shares.ts';
import { type SyntheticRepodata, writeRepodata } from './write-repodata.ts';

const params = { records: 6_000, names: 250, seed: 7 };
const cache = mkdtempSync(path.join(os.tmpdir(), 'sluice-synthetic-'));
let written: SyntheticRepodata;
beforeAll(async () => {
  written = await writeRepodata(params, cache);
});
afterAll(() => rmSync(cache, { recursive: true }));

describe('a synthetic channel', () => {
  it('is of the size asked for', () => {
    const records = [...syntheticRecords(params)];
    const of = (test: (record: SyntheticRecord) => boolean) => records.filter(test).length;
    expect(records).toHaveLength(6_000);
    expect(new Set(records.map(({ file }) => file)).size).toBe(6_000);
    expect(new Set(records.map(({ name }) => name)).size).toBe(250);
    expect(of(({ extension }) => extension === '.conda')).toBe(3_900);
    expect(of(({ hasTwin }) => hasTwin)).toBe(840);
  });

  it('has few names with many builds', () => {
    const perName = Map.groupBy(syntheticRecords(params), ({ name }) => name);
    const counts = [...perName.values()].map(({ length }) => length).sort((a, b) => b - a);
    expect(counts[0]).toBeGreaterThan(15 * counts[125]!);
  });

  it('gives every twin one partner that differs in nothing a filter asks', () => {
    const twins = [...syntheticRecords(params)].filter(({ hasTwin }) => hasTwin);
    const stem = ({ file, extension }: SyntheticRecord) => file.slice(0, -extension.length);
    for (const pair of Map.groupBy(twins, stem).values()) {
      const [old, young] = pair as [SyntheticRecord, SyntheticRecord];
      expect([old.extension, young.extension]).toEqual(['.tar.bz2', '.conda']);
      expect([old.version, old.timestamp, old.licence]).toEqual([young.version, young.timestamp, young.licence]);
    }
  });

  it('is written as records that Sluice can read, and the same when compressed', () => {
    const document = readFileSync(written.json);
    expect(zstdDecompressSync(readFileSync(written.zst)).equals(document)).toBe(true);
    expect(document.length).toBe(written.jsonBytes);
    const expected = syntheticRecords(params);
    const scanner = createRepodataScanner({
      onRecord(bucket, file, bytes) {
        const { file: wanted, text, extension } = expected.next().value!;
        expect([file, Buffer.from(bytes).toString(), bucket]).toEqual([
          wanted,
          text,
          extension === '.conda' ? 'packages.conda' : 'packages',
        ]);
        const { name, version, build, depends, constrains, license, sha256, md5 } = readRecord(bytes);
        expect(parseFileName(file)).toMatchObject({ name, version, build });
        expect([sha256?.length, md5?.length]).toEqual([64, 32]);
        for (const spec of [...depends, ...constrains]) parseMatchSpec(spec);
        parseLicence(license, undefined);
      },
    });
    scanner.push(document);
    expect(scanner.end().records).toBe(6_000);
    JSON.parse(document.toString());
  });

  it('is the same for the same seed and another for another', async () => {
    const other = mkdtempSync(path.join(os.tmpdir(), 'sluice-synthetic-'));
    expect((await writeRepodata(params, other)).sha256).toBe(written.sha256);
    expect((await writeRepodata({ ...params, seed: 8 }, other)).sha256).not.toBe(written.sha256);
    expect((await writeRepodata(params, other)).made_s).toBeUndefined();
    rmSync(other, { recursive: true });
  });
});

describe('the next edition of a synthetic channel', () => {
  it('differs in one record of a hundred, removed, changed and added alike', () => {
    const texts = (edition: 0 | 1) =>
      new Map(Array.from(syntheticRecords({ ...params, records: 60_000, edition }), ({ file, text }) => [file, text]));
    const [before, after] = [texts(0), texts(1)];
    const removed = [...before.keys()].filter((file) => !after.has(file)).length;
    const added = [...after.keys()].filter((file) => !before.has(file)).length;
    const changed = [...before].filter(([file, text]) => after.has(file) && after.get(file) !== text).length;
    for (const count of [removed, added, changed]) {
      expect(count).toBeGreaterThan(140);
      expect(count).toBeLessThan(260);
    }
    expect(after.size).toBe(60_000 - removed + added);
  });

  it('is of the subdir that is asked for', () => {
    const [first] = syntheticRecords({ ...params, subdir: 'osx-64' });
    expect(JSON.parse(first!.text).subdir).toBe('osx-64');
  });
});

describe('sharing out builds', () => {
  it.each([
    [1_000, [1, 1, 1]],
    [107, new Array(100).fill(1)],
    [600_000, Array.from({ length: 25_000 }, (_, i) => 1 / (i + 1))],
  ])('%i records lose nothing to rounding', (records, weights) => {
    const counts = shareOut(records, weights);
    const sum = (pick: (count: (typeof counts)[number]) => number) =>
      counts.reduce((all, count) => all + pick(count), 0);
    expect(sum((count) => count.old + 2 * count.both + count.new)).toBe(records);
    expect(sum((count) => count.old + count.both)).toBe(Math.floor(records * 0.35));
    for (const { old, both, new: young } of counts) {
      expect(Math.min(old, both, young)).toBeGreaterThanOrEqual(0);
      expect(old + both + young).toBeGreaterThan(0);
    }
  });

  it('says when there are too few records', () => {
    expect(() => shareOut(3, [1, 1, 1, 1])).toThrow('3 records are too few for 4 names.');
  });
});

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AboutJson, parseAboutJson } from './about-json.ts';
import { type ChanneldataFile, createChanneldata, createChanneldataWriter, linkFlags } from './channeldata.ts';
import type { JsonObject } from './json.ts';
import { parsePathsJson } from './paths-json.ts';
import { readRecord } from './record.ts';
import { parseRunExports } from './run-exports.ts';

const load = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(new URL(`testdata/${name}`, import.meta.url))).toString());

function realFiles(): ChanneldataFile[] {
  const infos = load('package-infos.json.gz') as Record<string, { info: Record<string, string> }>;
  return Object.entries(infos).map(([path, { info }]) => {
    const [subdir = '', fn = ''] = path.split('/');
    return {
      fn,
      subdir,
      record: readRecord(info['index.json']!),
      about: parseAboutJson(info['about.json']!),
      flags: linkFlags(parsePathsJson(info['paths.json'] ?? '{"paths":[]}')),
      run_exports: parseRunExports(info['run_exports.json'] ?? 'null'),
    };
  });
}

function build(files: ChanneldataFile[]): { packages: Record<string, JsonObject>; subdirs: string[] } {
  const builder = createChanneldata();
  for (const file of files) builder.add(file);
  return JSON.parse(builder.write());
}

function file(version: string, timestamp: number, change: Partial<ChanneldataFile> = {}): ChanneldataFile {
  const record = readRecord(JSON.stringify({ name: 'a', version, build: '0', timestamp }));
  return { fn: `a-${version}-0.conda`, subdir: 'noarch', record, ...change };
}

const about = (fields: object): AboutJson => parseAboutJson(JSON.stringify(fields));

describe('channeldata', () => {
  it('equals what conda-index writes, but for the reference package and its times', () => {
    const oracle = load('conda-index.json.gz') as { channeldata: { packages: Record<string, JsonObject> } };
    const ours = build(realFiles());
    expect(ours.subdirs).toEqual(['linux-64', 'noarch', 'osx-64', 'win-32', 'win-64']);
    expect(Object.keys(ours.packages)).toEqual(Object.keys(oracle.channeldata.packages));
    for (const [name, { reference_package, ...entry }] of Object.entries(ours.packages)) {
      const { timestamp, ...expected } = oracle.channeldata.packages[name]!;
      // conda-index 0.13 means to write the newest time and writes that of the file it saw last.
      expect(entry.timestamp, name).toBeGreaterThanOrEqual(timestamp as number);
      delete entry.timestamp;
      expect(entry, name).toEqual(expected);
      expect(reference_package).toMatch(new RegExp(`^[a-z0-9-]+/${name}-${entry.version}-`));
    }
  });

  it('does not depend on the order of the files', () => {
    const files = realFiles();
    const expected = build(files);
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (shuffled) => {
        expect(build(shuffled)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('is the same written name by name', () => {
    const files = [...realFiles(), file('not a version', 1), { ...file('none', 1), subdir: 'win-arm64' }];
    const builder = createChanneldata();
    for (const one of files) builder.add(one);
    const chunks: Uint8Array[] = [];
    const writer = createChanneldataWriter((chunk) => chunks.push(chunk));
    for (const name of [...new Set(files.map(({ record }) => record.name))].sort()) {
      writer.entry(
        name,
        files.filter(({ record }) => record.name === name),
      );
    }
    writer.end([...new Set(files.map(({ subdir }) => subdir))]);
    expect(Buffer.concat(chunks).toString()).toBe(builder.write());
  });

  it('is told by the newest version, then the newest build, and falls back where that is silent', () => {
    const entry = build([
      file('1.10', 2000000000000, { about: about({ home: ['h1', 'h2'] }) }),
      file('1.9', 3000000000000, { about: about({ summary: 'old', description: 'kept' }), subdir: 'linux-64' }),
      file('1.10', 1000000000000, { about: about({ summary: 'new' }), fn: 'a-1.10-1.conda' }),
      file('not a version', 9000000000000, {}),
    ]).packages.a;
    expect(entry).toMatchObject({
      version: '1.10',
      summary: 'new',
      description: 'kept',
      home: ['h1', 'h2'],
      subdirs: ['linux-64', 'noarch'],
      timestamp: 3000000000,
      reference_package: 'noarch/a-1.10-0.conda',
    });
    expect(entry).not.toHaveProperty('license');
  });

  it('keeps run exports by version and any flag that was ever set', () => {
    const flags = linkFlags([]);
    const entry = build([
      file('1', 1, { run_exports: { weak: ['a 1'] }, flags: { ...flags, post_link: true } }),
      file('2', 1, { run_exports: {}, flags }),
      file('3', 1, { run_exports: { strong: ['old'] } }),
      file('3', 5, { run_exports: { strong: ['new'] }, fn: 'a-3-1.conda' }),
    ]).packages.a;
    expect(entry).toMatchObject({
      run_exports: { '1': { weak: ['a 1'] }, '3': { strong: ['new'] } },
      post_link: true,
      pre_link: false,
    });
  });

  it.each([
    ['etc/conda/activate.d/x.sh', 'activate.d'],
    ['etc/conda/deactivate.d/x.sh', 'deactivate.d'],
    ['bin/.a-post-link.sh', 'post_link'],
    ['Scripts/.a-pre-link.bat', 'pre_link'],
    ['bin/.a-pre-unlink.sh', 'pre_unlink'],
  ])('sees what linking %s does', (path, flag) => {
    const set = Object.entries(linkFlags(parsePathsJson(JSON.stringify({ paths: [{ _path: path }] }))));
    expect(set.filter(([, value]) => value).map(([key]) => key)).toEqual([flag]);
  });

  it.each(['a-post-link.sh', '.a-post-link.sh', 'bin/a-post-link.sh', 'bin/.a-post-link', 'x/etc/conda/activate.d/x'])(
    'sees nothing in linking %s',
    (path) => {
      expect(linkFlags(parsePathsJson(JSON.stringify({ paths: [{ _path: path }] })))).toEqual(linkFlags([]));
    },
  );
});

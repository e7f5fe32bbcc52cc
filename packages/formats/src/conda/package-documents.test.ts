import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseMd5, parseSha256 } from '../digest/index.ts';
import { parseAboutJson } from './about-json.ts';
import { parseIndexJson } from './index-json.ts';
import { type JsonObject, writeJson } from './json.ts';
import { parseLinkJson } from './link-json.ts';
import { matches } from './match-spec.ts';
import { parseMatchSpec } from './match-spec-parse.ts';
import { parsePathsJson, pathsFromLists } from './paths-json.ts';
import { readRecord, viewRecord } from './record.ts';
import { type IndexedFile, recordFromIndexJson } from './record-from-index.ts';
import { bucketOf, needsV3 } from './repodata-document.ts';
import { parseRunExports } from './run-exports.ts';

type Infos = Record<string, { md5: string; sha256: string; size: number; info: Record<string, string> }>;

const load = (name: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(new URL(`testdata/${name}`, import.meta.url))).toString());
const infos = load('package-infos.json.gz') as Infos;
const oracle = load('conda-index.json.gz') as { repodata: Record<string, Record<string, Record<string, JsonObject>>> };

const digests = { md5: parseMd5('d41d8cd98f00b204e9800998ecf8427e'), sha256: parseSha256('e3'.repeat(32)), size: 10 };
const demo: IndexedFile = { fileName: 'demo-1.0-py_0.conda', subdir: 'noarch', ...digests };
const demoIndex = { name: 'demo', version: '1.0', build: 'py_0', build_number: 0, depends: ['python >=3.9'] };
const recordOf = (index: object, file = demo): JsonObject =>
  recordFromIndexJson(parseIndexJson(JSON.stringify(index)), file);
const code = (code: string): unknown => expect.objectContaining({ name: 'FormatError', code });

describe('the record of a package', () => {
  it.each(Object.entries(infos))('%s equals what conda-index writes', (path, { md5, sha256, size, info }) => {
    const [subdir = '', fileName = ''] = path.split('/');
    const record = recordFromIndexJson(parseIndexJson(info['index.json']!), {
      fileName,
      subdir,
      md5: parseMd5(md5),
      sha256: parseSha256(sha256),
      size,
    });
    const map = fileName.endsWith('.conda') ? 'packages.conda' : 'packages';
    expect(record).toEqual(oracle.repodata[subdir]?.[map]?.[fileName]);
    expect(writeJson(record)).toBe(JSON.stringify(oracle.repodata[subdir]?.[map]?.[fileName]));
  });

  it('prints with sorted keys and no blanks', () => {
    const text = writeJson(recordOf({ ...demoIndex, timestamp: 1700000000000, noarch: 'python' }));
    expect(text).toBe(
      `{"build":"py_0","build_number":0,"depends":["python >=3.9"],"md5":"d41d8cd98f00b204e9800998ecf8427e","name":"demo","noarch":"python","sha256":"${'e3'.repeat(32)}","size":10,"subdir":"noarch","timestamp":1700000000000,"version":"1.0"}`,
    );
  });

  it.each([
    ['drops what indexes leave out', { arch: 'x86_64', platform: null, has_prefix: true, ucs: 4, mtime: 1 }, {}],
    ['keeps unknown keys', { app_entry: 'x', purls: null }, { app_entry: 'x', purls: null }],
    ['believes no digest inside', { md5: 'x', sha256: 'y', size: 5, url: 'z', fn: 'a', channel: 'b' }, {}],
    ['lets nobody revoke itself or backdate', { revoked: true, indexed_timestamp: 1 }, {}],
    ['joins listed features', { track_features: ['a', 'b'] }, { track_features: 'a b' }],
    ['makes seconds milliseconds', { timestamp: 1500000000 }, { timestamp: 1500000000000 }],
    ['keeps the legacy noarch', { noarch: true }, { noarch: true }],
  ])('%s', (_what, extra, expected) => {
    expect(recordOf({ ...demoIndex, ...extra })).toEqual({ ...demoIndex, subdir: 'noarch', ...digests, ...expected });
  });

  it('fills in depends', () => {
    const { depends: _, ...without } = demoIndex;
    expect(recordOf(without)).toMatchObject({ depends: [] });
  });

  it.each([
    ['name', { name: 'Demo' }, 'name demo'],
    ['version', { version: '1.0.0' }, 'version 1.0'],
    ['build', { build: 'py_1' }, 'build py_0'],
    ['subdir', { subdir: 'linux-64' }, 'subdir noarch'],
  ])('refuses another %s than the file says', (_what, change, wanted) => {
    expect(() => recordOf({ ...demoIndex, ...change })).toThrow(
      expect.objectContaining({
        code: 'record_file_mismatch',
        wanted,
        found: expect.stringContaining('info/index.json'),
      }),
    );
  });
});

describe('the map a record belongs into', () => {
  it.each<[string, object, string]>([
    ['a-1-0.conda', {}, 'packages.conda'],
    ['a-1-0.tar.bz2', { schema_version: 2, depends: ['b[version=">=1"]', 'when >=1'] }, 'packages'],
    ['a-1-0.conda', { schema_version: 3 }, 'v3.conda'],
    ['a-1-0.conda', { depends: ['b[version=1,when="__unix"]'] }, 'v3.conda'],
    ['a-1-0.tar.bz2', { extra_depends: { test: ['c'] } }, 'v3.tar.bz2'],
    ['a-1-0.tar.bz2', { flags: ['cuda'] }, 'v3.tar.bz2'],
  ])('of %s with %j is %s', (fileName, record, bucket) => {
    expect(bucketOf(fileName, needsV3(record as JsonObject))).toBe(bucket);
  });
});

describe('index.json', () => {
  it.each([
    ['', 'JSON in UTF-8'],
    ['[]', 'an object'],
    ['{}', 'name: a string'],
    [JSON.stringify({ ...demoIndex, version: 1 }), 'version: a string'],
    [JSON.stringify({ ...demoIndex, build: '' }), 'build: a string'],
    [JSON.stringify({ ...demoIndex, build_number: '0' }), 'build_number: a whole number from 0 up'],
    [JSON.stringify({ ...demoIndex, build_number: -1 }), 'build_number: a whole number from 0 up'],
    [JSON.stringify({ ...demoIndex, depends: 'python' }), 'depends: a list of strings'],
    [JSON.stringify({ ...demoIndex, constrains: [1] }), 'constrains: a list of strings'],
    [JSON.stringify({ ...demoIndex, noarch: 'ruby' }), 'noarch: "python", "generic" or nothing'],
    [JSON.stringify({ ...demoIndex, license: ['MIT'] }), 'license: a string'],
  ])('refuses %s', (text, wanted) => {
    expect(() => parseIndexJson(text)).toThrow(expect.objectContaining({ code: 'index_json', wanted }));
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseIndexJson(Buffer.from('{"name":"\xff"}', 'latin1'))).toThrow(code('index_json'));
  });

  it('reads a byte order mark, nulls and the schema version', () => {
    const text = `\ufeff${JSON.stringify({ ...demoIndex, depends: null, license: null, noarch: null, schema_version: 3 })}`;
    expect(parseIndexJson(text)).toMatchObject({
      depends: [],
      license: undefined,
      noarch: undefined,
      schema_version: 3,
    });
    expect(parseIndexJson(JSON.stringify(demoIndex)).schema_version).toBe(1);
  });
});

describe('reading a record', () => {
  const least = { name: 'a', version: '1', build: '0' };

  it.each<[string, object, object]>([
    [
      'nothing but names',
      {},
      { build_number: 0, depends: [], constrains: [], timestamp: undefined, sha256: undefined },
    ],
    ['null lists', { depends: null, constrains: null }, { depends: [], constrains: [] }],
    ['strays in lists', { depends: ['a', 1, null] }, { depends: ['a'] }],
    ['features as a list', { track_features: ['a', 'b'] }, { track_features: ['a', 'b'] }],
    ['features as a string', { track_features: 'a, c b' }, { track_features: ['a', 'b', 'c'] }],
    ['no features', { track_features: '' }, { track_features: [] }],
    ['noarch true', { noarch: true }, { noarch: 'generic' }],
    ['an unknown noarch', { noarch: 'x' }, { noarch: undefined }],
    ['null licence', { license: null, license_family: null }, { license: undefined, license_family: undefined }],
    ['seconds', { timestamp: 1500000000 }, { timestamp: 1500000000000 }],
    ['the last second of 9999', { timestamp: 253402300799 }, { timestamp: 253402300799000 }],
    ['the first value that is milliseconds', { timestamp: 253402300800 }, { timestamp: 253402300800 }],
    ['a fraction', { timestamp: 1500000000123.5 }, { timestamp: 1500000000123 }],
    ['timestamp 0', { timestamp: 0 }, { timestamp: undefined }],
    ['broken digests', { md5: 'x', sha256: 5 }, { md5: undefined, sha256: undefined }],
    ['upper-case digests', { md5: 'AB'.repeat(16) }, { md5: 'ab'.repeat(16) }],
    ['a size of 0', { size: 0 }, { size: 0 }],
    ['a nonsense size', { size: -1 }, { size: undefined }],
    ['revocation', { revoked: true }, { revoked: true }],
    ['purls', { purls: ['pkg:pypi/a'] }, { purls: ['pkg:pypi/a'] }],
  ])('bears %s', (_what, extra, expected) => {
    expect(readRecord(Buffer.from(JSON.stringify({ ...least, ...extra })))).toMatchObject(expected);
  });

  it.each(['null', '[]', '"x"', '{', '{"name":"a","version":"1"}', '{"name":"a","version":1,"build":"0"}'])(
    'refuses %s',
    (text) => {
      expect(() => readRecord(text)).toThrow(code('record_shape'));
    },
  );

  it('is what a match spec can be held against', () => {
    const record = readRecord(JSON.stringify({ ...least, build_number: 3, license: 'MIT', track_features: 'x' }));
    expect(matches(parseMatchSpec('a[build_number=3,license=mit,track_features=x]'), record)).toBe(true);
    expect(matches(parseMatchSpec('a[build_number=4]'), record)).toBe(false);
  });

  it('reads every record conda-index wrote', () => {
    for (const maps of Object.values(oracle.repodata)) {
      for (const [fileName, record] of [
        ...Object.entries(maps.packages!),
        ...Object.entries(maps['packages.conda']!),
      ]) {
        expect(viewRecord(record)).toMatchObject({ size: record.size, md5: record.md5, sha256: record.sha256 });
        expect(fileName.startsWith(`${record.name}-${record.version}-${record.build}.`)).toBe(true);
      }
    }
  });
});

describe('about.json', () => {
  it('reads every real one', () => {
    for (const { info } of Object.values(infos)) {
      const about = parseAboutJson(info['about.json']!);
      expect(about.summary).toBe(JSON.parse(info['about.json']!).summary?.trim().replaceAll('\n', ' '));
    }
  });

  it('takes a string or a list for URLs and drops what has another type', () => {
    const about = parseAboutJson(
      '{"home":["a","b"],"dev_url":"c","doc_url":5,"summary":["x","y"],"description":" two\\nlines ","tags":"no","extra":{"recipe-maintainers":["me"]},"license_file":["A","B"]}',
    );
    expect(about).toMatchObject({
      home: ['a', 'b'],
      dev_url: ['c'],
      doc_url: [],
      summary: 'xy',
      description: 'two lines',
      tags: [],
      maintainers: ['me'],
      license_file: ['A', 'B'],
    });
  });

  it('refuses what is no object', () => {
    expect(() => parseAboutJson('null')).toThrow(code('about_json'));
  });
});

describe('link.json', () => {
  it('reads entry points, also from its old name', () => {
    const entry_points = (path: string, file: string): string[] => parseLinkJson(infos[path]!.info[file]!).entry_points;
    expect(entry_points('noarch/spiffy-test-app-0.5-pyh6afbcc8_0.tar.bz2', 'link.json')).toHaveLength(2);
    expect(entry_points('noarch/flask-0.11.1-py_0.tar.bz2', 'package_metadata.json')).toEqual([
      'flask = flask.cli:main',
    ]);
    expect(parseLinkJson('{}')).toEqual({ noarch: undefined, entry_points: [] });
    expect(() => parseLinkJson('')).toThrow(code('link_json'));
  });
});

describe('run_exports.json', () => {
  it.each<[string, unknown]>([
    ['{"weak":["a >=1"],"strong":[],"other":["x"]}', { strong: [], weak: ['a >=1'] }],
    ['["a"]', { weak: ['a'] }],
    ['"a"', { weak: ['a'] }],
    ['null', {}],
    ['{}', {}],
    [
      '{"noarch":["python"],"weak_constrains":["b"],"strong_constrains":"c","weak":null}',
      {
        noarch: ['python'],
        strong_constrains: ['c'],
        weak_constrains: ['b'],
      },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseRunExports(text)).toEqual(expected);
  });

  it.each(['{"weak":{}}', '{"weak":[1]}', '5', 'x'])('refuses %s', (text) => {
    expect(() => parseRunExports(text)).toThrow(code('run_exports_json'));
  });
});

describe('the paths of a package', () => {
  it('from paths.json and from the old lists agree on every package that has both', () => {
    let compared = 0;
    for (const [name, { info }] of Object.entries(infos)) {
      if (info['paths.json'] === undefined || info.files === undefined) continue;
      const modern = parsePathsJson(info['paths.json']);
      const legacy = pathsFromLists({ files: info.files, has_prefix: info.has_prefix ?? '' });
      const view = (paths: typeof legacy): unknown =>
        paths
          .map(({ path, file_mode, prefix_placeholder }) => [path, file_mode, prefix_placeholder])
          .sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
      expect(view(legacy), name).toEqual(view(modern));
      compared += modern.length;
    }
    expect(compared).toBeGreaterThan(100);
  });

  it.each([
    ['bin/x', ['/opt/anaconda1anaconda2anaconda3', 'text']],
    ['/old/prefix binary bin/x', ['/old/prefix', 'binary']],
    ['"C:/with blank" text "bin/x"', ['C:/with blank', 'text']],
    ["'/p' text 'bin/x'", ['/p', 'text']],
  ])('reads the has_prefix line %s', (line, [placeholder, mode]) => {
    expect(pathsFromLists({ files: 'bin/x\r\nbin/y\n', has_prefix: `\n${line}\n`, no_link: 'bin/y\n' })).toEqual([
      expect.objectContaining({ path: 'bin/x', prefix_placeholder: placeholder, file_mode: mode, no_link: false }),
      expect.objectContaining({ path: 'bin/y', prefix_placeholder: undefined, file_mode: undefined, no_link: true }),
    ]);
  });

  it('reads a default placeholder for a path with a blank in it', () => {
    const [entry] = pathsFromLists({ files: 'my file', has_prefix: 'my file' });
    expect(entry?.prefix_placeholder).toBe('/opt/anaconda1anaconda2anaconda3');
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', '\\x', 'C:\\x', 'c:/x', 'a\\..\\x', 'a\0b', ''])(
    'refuses the path %j',
    (path) => {
      expect(() => parsePathsJson(JSON.stringify({ paths: [{ _path: path }] }))).toThrow(code('paths_json'));
    },
  );

  it.each(['{}', '{"paths":{}}', '{"paths":[1]}', '{"paths":[{}]}'])('refuses %s', (text) => {
    expect(() => parsePathsJson(text)).toThrow(code('paths_json'));
  });

  it('refuses an unknown mode in has_prefix', () => {
    expect(() => pathsFromLists({ files: 'a', has_prefix: '/p odd a' })).toThrow(code('paths_json'));
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMirrorFile } from './mirror-file.ts';
import { readSources } from './sources.ts';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
const file = (text: string) => {
  const read = readMirrorFile(text);
  if ('faults' in read) throw new Error(read.faults.join('\n'));
  return read.file;
};
const faults = (text: string) => {
  const read = readMirrorFile(text);
  return 'faults' in read ? read.faults : [];
};

describe('the samples', () => {
  test('of the default packages', () => {
    expect(file(fixture('anaconda.yaml'))).toEqual({
      type: 'conda',
      dest_channel: 'anaconda',
      dest_site: undefined,
      access: 'authenticated',
      channels: [
        'https://repo.continuum.io/pkgs/main/',
        'https://repo.continuum.io/pkgs/free/',
        'https://repo.continuum.io/pkgs/pro/',
      ],
      remote_url: 'https://repo.continuum.io/',
      channel_alias: 'https://conda.anaconda.org',
      filters: { subdirs: ['linux-64'] },
      keep_legacy: true,
      clean: false,
      notes: [],
    });
  });

  test('of the packages for R', () => {
    expect(file(fixture('r.yaml'))).toMatchObject({
      dest_channel: 'r',
      channels: ['https://repo.continuum.io/pkgs/r/'],
      filters: { subdirs: ['linux-64'] },
    });
  });

  test.each<[string, object]>([
    ['platforms:\n  - linux-64\n  - win-32\n', { subdirs: ['linux-64', 'win-32'] }],
    ['pkg_list:\n  - accelerate\n  - pyqt\n  - zope\n', { only_specs: ['accelerate', 'pyqt', 'zope'] }],
    ['python_versions:\n  - 3.3\n', { python_versions: ['3.3'] }],
    ['license_blacklist:\n  - GPL2\n  - GPL3\n  - BSD\n', { exclude_licenses: ['GPL2', 'GPL3', 'BSD'] }],
    ['blacklist:\n  - bzip2\n  - tk\n  - openssl\n', { exclude_specs: ['bzip2', 'tk', 'openssl'] }],
    [
      'license_blacklist:\n  - GPL2\n  - GPL3\nwhitelist:\n  - readline\n',
      { exclude_licenses: ['GPL2', 'GPL3'], include_specs: ['readline'] },
    ],
    ['license_blacklist: GPL\n', { exclude_licenses: ['GPL'] }],
  ])('%j', (text, filters) => {
    expect(file(text)).toMatchObject({ dest_channel: 'anaconda', filters, notes: [] });
  });
});

test('an empty file has the defaults of old', () => {
  const { channels, filters } = file('');
  expect(channels).toEqual(['https://repo.continuum.io/pkgs/free/', 'https://repo.continuum.io/pkgs/pro/']);
  expect(filters).toEqual({});
  expect(file('remote_url: https://mirror.example.org').channels[0]).toBe('https://mirror.example.org/pkgs/free/');
});

test.each([
  ['unknown keys, each by name', 'dest_channle: a\nplatform: b\n', ['dest_channle', 'platform.']],
  ['pkg_list with blacklist', 'pkg_list: [a]\nblacklist: [b]\n', ['pkg_list and blacklist']],
  ['pkg_list with whitelist', 'pkg_list: [a]\nwhitelist: [b]\n', ['pkg_list and whitelist']],
  ['pkg_list with license_blacklist', 'pkg_list: [a]\nlicense_blacklist: [MIT]\n', ['pkg_list and license_blacklist']],
  ['a family that is none', 'license_blacklist: [beerware-ish]\n', ['no licence family beerware-ish']],
  ['3.10 without quotes', 'python_versions: [3.10]\n', ['Write "3.10"']],
  ['3.1 without quotes', 'python_versions: [3.1]\n', ['"3.10" if that is meant']],
  ['a version that is none', 'python_versions: ["three"]\n', ['three']],
  ['a platform that is none', 'platforms: [../x]\n', ['../x']],
  ['no YAML', 'a: [\n', ['YAML']],
  ['a key twice', 'blacklist: [a]\nblacklist: [b]\n', ['YAML']],
  ['a list', '- a\n', ['YAML']],
  ['keys of the tools around', 'delta: x\napi_token: y\n', ['bundle', 'token']],
  ['another format policy', 'format_policy: only-tar\n', ['format_policy']],
  ['a Python index without address', 'latest_only: true\n', ['remote_url']],
  ['a text for a flag', 'clean: often\n', ['clean is true or false']],
])('refused: %s', (_, text, said) => {
  const found = faults(text);
  expect(found).toHaveLength(said.length);
  for (const [i, part] of said.entries()) expect(found[i]).toContain(part);
});

test('quotes make a version a text', () => {
  expect(file('python_versions: ["3.10", \'3.1\', 2.7]\n').filters).toEqual({
    python_versions: ['3.10', '3.1', '2.7'],
  });
});

test('pkg_list goes with platforms and versions of Python; whitelist alone is told of', () => {
  expect(file('pkg_list: [a]\nplatforms: [noarch]\npython_versions: ["3.9"]\n').notes).toEqual([]);
  expect(file('whitelist: [a]\n').notes).toEqual([expect.stringContaining('whitelist alone')]);
  expect(file('mirror_dir: /opt\n').notes).toEqual([expect.stringContaining('mirror_dir')]);
});

test('a Python index: the listed projects, the newest of each', () => {
  const text =
    'remote_url: https://index.example.org/simple/\nuser: pypi\nwhitelist: [requests, six]\nlatest_only: true\n';
  expect(file(text)).toMatchObject({
    type: 'python_simple',
    dest_channel: 'pypi',
    channels: ['https://index.example.org/simple/'],
    filters: { projects: ['requests', 'six'], latest_versions: 1 },
  });
});

test('channels: addresses, folders of this machine or of the server, short names', () => {
  const text = [
    'channels:',
    '  - https://repo.continuum.io/pkgs/main/',
    '  - https://me:secret@repo.example.org/t/tk-123/pkgs/main',
    '  - file:///srv/mirror/pkgs/',
    '  - /tmp/mirror/pkgs',
    '  - ~/mirror',
    '  - ./mirror',
    '  - conda-forge',
  ].join('\n');
  const around = { home: '/home/me', cwd: '/work', serverPath: false };
  expect(readSources(file(text), around)).toEqual([
    { kind: 'server', name: 'repo.continuum.io/pkgs/main', url: 'https://repo.continuum.io/pkgs/main' },
    {
      kind: 'server',
      name: 'repo.example.org/pkgs/main',
      url: 'https://me:secret@repo.example.org/t/tk-123/pkgs/main',
    },
    { kind: 'local', folder: '/srv/mirror/pkgs' },
    { kind: 'local', folder: '/tmp/mirror/pkgs' },
    { kind: 'local', folder: '/home/me/mirror' },
    { kind: 'local', folder: '/work/mirror' },
    { kind: 'server', name: 'conda.anaconda.org/conda-forge', url: 'https://conda.anaconda.org/conda-forge' },
  ]);
  expect(readSources(file('channels: [/srv/x/]'), { ...around, serverPath: true })).toEqual([
    { kind: 'server', name: '/srv/x', url: '/srv/x' },
  ]);
});

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  buildCondaPackage,
  buildWheel,
  type CondaPackageOptions,
  indexedFile,
  makeTestAuthority,
  startUpstreamServer,
  type UpstreamServer,
  writeSimpleIndex,
} from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

/** A small repository with the packages that the worked examples of the documents speak of. */
const packages: CondaPackageOptions[] = [
  { name: 'accelerate', license: 'Proprietary' },
  { name: 'astropy', license: 'BSD-3-Clause' },
  { name: 'bzip2', license: 'bzip2-1.0.6' },
  { name: 'dnspython', license: 'ISC', build: 'py310_0', depends: ['python >=3.10,<3.11.0a0'] },
  { name: 'gdal', license: 'MIT', build: 'py27_0', depends: ['python 2.7*'], format: 'tar.bz2' },
  { name: 'git', license: 'GPL-2.0-or-later' },
  { name: 'openssl', license: 'OpenSSL' },
  { name: 'pygments', license: 'BSD-2-Clause', subdir: 'noarch', noarch: 'python', depends: ['python >=3.8'] },
  { name: 'pyqt', license: 'GPL-3.0-only' },
  { name: 'readline', license: 'GPL-3.0-only' },
  { name: 'shapely', license: 'BSD-3-Clause' },
  { name: 'tk', license: 'TCL' },
  { name: 'zope', license: 'ZPL-2.1' },
  { name: 'shapely', license: 'BSD-3-Clause', subdir: 'win-64' },
];
const all = [...new Set(packages.map(({ name }) => name))].sort();
const but = (...names: string[]) => all.filter((name) => !names.includes(name));

let it: CliAndApp;
let upstream: UpstreamServer;
let tree: string;
beforeAll(async () => {
  it = await startCli({ signedIn: true, env: { SLUICE_SOURCES: 'any' } });
  tree = join(it.folder, 'mirror', 'pkgs');
  await writeTree(tree);
  upstream = await startUpstreamServer({ folder: tree });
});
afterAll(async () => {
  await it.close();
  await upstream.close();
});

async function writeTree(folder: string): Promise<void> {
  const documents: Record<string, { packages: object; 'packages.conda': object }> = {};
  for (const options of packages) {
    const subdir = options.subdir ?? 'linux-64';
    const { fileName, bytes, index } = await buildCondaPackage({ subdir, ...options });
    mkdirSync(join(folder, subdir), { recursive: true });
    writeFileSync(join(folder, subdir, fileName), bytes);
    const digest = (kind: string) => createHash(kind).update(bytes).digest('hex');
    const record = { ...index, md5: digest('md5'), sha256: digest('sha256'), size: bytes.byteLength };
    documents[subdir] ??= { packages: {}, 'packages.conda': {} };
    Object.assign(documents[subdir][fileName.endsWith('.conda') ? 'packages.conda' : 'packages'], {
      [fileName]: record,
    });
  }
  for (const [subdir, document] of Object.entries(documents)) {
    writeFileSync(join(folder, subdir, 'repodata.json'), JSON.stringify({ info: { subdir }, ...document }));
  }
}

let serial = 0;
/** Sync a file with these lines into a channel of its own. */
async function sync(lines: string, channels: string, ...more: string[]) {
  serial += 1;
  const channel = `dest-${serial}`;
  const end = await syncInto(channel, lines, channels, ...more);
  return { ...end, channel };
}

async function syncInto(channel: string, lines: string, channels: string, ...more: string[]) {
  const file = join(it.folder, `${channel}.yaml`);
  writeFileSync(file, `dest_channel: ${channel}\nchannels:\n  - ${channels}\n${lines}`);
  return it.here(['mirror', 'sync', '--file', file, '--json', ...more]);
}

async function names(channel: string): Promise<string[]> {
  await it.app.jobsDone();
  const { json } = await it.here(['channel', 'packages', channel, '--json']);
  return json.items.map(({ name }: { name: string }) => name).sort();
}

const ways: [string, () => string][] = [
  ['from a folder of this machine', () => tree],
  ['by a mirror of the server', () => upstream.url],
];

const examples: [string, string, string[]][] = [
  ['everything', '', all],
  [
    'platforms and pkg_list',
    'platforms:\n  - linux-64\npkg_list:\n  - dnspython\n  - shapely\n  - gdal\n',
    ['dnspython', 'gdal', 'shapely'],
  ],
  ['a licence and a name', 'license_blacklist:\n  - GPL2\nblacklist:\n  - pyqt\n', but('git', 'pyqt')],
  [
    'licences, but for a name',
    'license_blacklist:\n  - GPL2\n  - GPL3\nwhitelist:\n  - readline\n',
    but('git', 'pyqt'),
  ],
  [
    'names, but for one',
    'blacklist:\n  - accelerate\n  - astropy\n  - pygments\nwhitelist:\n  - accelerate\n',
    but('astropy', 'pygments'),
  ],
  ['names', 'blacklist:\n  - bzip2\n  - tk\n  - openssl\n', but('bzip2', 'tk', 'openssl')],
  ['three only', 'pkg_list:\n  - accelerate\n  - pyqt\n  - zope\n', ['accelerate', 'pyqt', 'zope']],
  ['a version of Python', 'python_versions:\n  - "3.10"\n', but('gdal')],
  ['whitelist over platforms', 'platforms: [linux-64]\nblacklist: [tk]\nwhitelist: [pygments, tk]\n', but('pygments')],
  [
    'whitelist over Python',
    'python_versions: [2.7]\nblacklist: [tk]\nwhitelist: [dnspython]\n',
    but('dnspython', 'pygments', 'tk'),
  ],
];

test.each(
  ways.flatMap(([way, from]) => examples.map(([what, lines, kept]) => [way, what, lines, kept, from] as const)),
)('%s: %s', async (_, __, lines, kept, from) => {
  const { status, json, stderr, channel } = await sync(lines, from());
  expect([status, stderr.includes('sluice: ')]).toEqual([0, false]);
  expect(json).toMatchObject({ channel, created: true, dry_run: false });
  expect(await names(channel)).toEqual([...kept].sort());
});

test('a file: URL is a folder of this machine', async () => {
  const { json, channel } = await sync('pkg_list: [tk]\n', `file://${tree}/`);
  expect([json.mirrors, json.counts.bring_in]).toEqual([[], 1]);
  expect(await names(channel)).toEqual(['tk']);
});

test('whoever has signed in may read what was made', async () => {
  const { channel } = await sync('pkg_list: [tk]\n', tree);
  expect((await it.here(['channel', 'show', channel, '--json'])).json.privacy).toBe('authenticated');
});

/** What the server has: rows of its tables, and a digest over the files of its store. */
async function state(): Promise<string> {
  await it.app.jobsDone();
  const tables = ['channel', 'source', 'record', 'blob', 'mirror', 'run', 'event', 'publication'] as const;
  const rows = await Promise.all(
    tables.map((table) =>
      it.app.db
        .selectFrom(table)
        .select((row) => row.fn.countAll().as('count'))
        .execute(),
    ),
  );
  const files = readdirSync(it.app.dataDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => /blobs|packs/.test(path))
    .map((path) => `${path} ${statSync(join(it.app.dataDir, path)).size}`);
  return JSON.stringify([rows, createHash('sha256').update(files.sort().join('\n')).digest('hex')]);
}

test.each([
  ['of a folder', () => tree],
  ['of a mirror', () => upstream.url],
])('a dry run %s decides on every package, and writes nothing', async (_, from) => {
  const before = await state();
  const { status, json } = await sync('license_blacklist: [GPL3]\n', from(), '--dry-run', '--clean');
  expect(await state()).toBe(before);
  expect([status, json.created, json.items.length]).toEqual([0, true, packages.length]);
  expect(json.counts).toMatchObject({ bring_in: packages.length - 2, leave_out: 2 });
  const pyqt = json.items.find(({ file }: { file: string }) => file.includes('pyqt'));
  expect(pyqt).toMatchObject({ action: 'leave_out', reason: { code: 'license', rule: 'exclude_licenses: GPL3' } });
});

test('a second sync edits the same mirrors, and brings nothing twice', async () => {
  const first = await sync('blacklist: [tk]\n', upstream.url);
  const again = await syncInto(first.channel, 'blacklist: [zope]\n', upstream.url);
  expect(again.json.created).toBe(false);
  expect(again.json.mirrors.map(({ id }: { id: string }) => id)).toEqual([first.json.mirrors[0].id]);
  expect(await names(first.channel)).toEqual(but('zope').sort());
  const folder = await sync('', tree);
  expect(folder.json.counts.bring_in).toBe(packages.length);
  await it.app.jobsDone();
  expect((await syncInto(folder.channel, '', tree)).json.counts).toMatchObject({ bring_in: 0, keep: packages.length });
});

test('several channels go to one destination', async () => {
  const { status, json, channel } = await sync(`  - ${tree}\npkg_list: [tk, zope]\n`, upstream.url);
  expect([status, json.mirrors.length, json.counts.leave_out]).toEqual([0, 1, packages.length - 2]);
  expect(await names(channel)).toEqual(['tk', 'zope']);
});

test('--clean removes what vanished upstream, but for what is blacklisted', async () => {
  const copy = join(it.folder, 'vanishing');
  cpSync(tree, copy, { recursive: true });
  const { channel } = await sync('', copy);
  for (const name of ['tk', 'zope', 'git']) rmSync(join(copy, 'linux-64', `${name}-1.0-0.conda`));
  await it.app.jobsDone();
  const kept = await syncInto(channel, 'blacklist: [zope]\n', copy);
  expect(kept.json.counts.remove).toBe(0);
  const tried = await syncInto(channel, 'blacklist: [zope]\nlicense_blacklist: [GPL2]\n', copy, '-c', '--dry-run');
  expect(tried.json.items.filter(({ action }: { action: string }) => action === 'remove')).toMatchObject([
    { file: 'linux-64/tk-1.0-0.conda' },
  ]);
  expect(await names(channel)).toEqual(all);
  const cleaned = await syncInto(channel, 'blacklist: [zope]\nlicense_blacklist: [GPL2]\n', copy, '-vc');
  expect(cleaned.json.counts.remove).toBe(1);
  expect(await names(channel)).toEqual(but('tk').sort());
});

test('without --clean a mirror keeps what vanished upstream', async () => {
  const copy = join(it.folder, 'vanishing-there');
  await writeTree(copy);
  const server = await startUpstreamServer({ folder: copy });
  try {
    const { channel } = await sync('', server.url);
    const document = join(copy, 'linux-64', 'repodata.json');
    const read = JSON.parse(readFileSync(document, 'utf8'));
    delete read['packages.conda']['tk-1.0-0.conda'];
    writeFileSync(document, JSON.stringify(read));
    await syncInto(channel, '', server.url);
    expect(await names(channel)).toEqual(all);
    await syncInto(channel, '', server.url, '--clean');
    expect(await names(channel)).toEqual(but('tk').sort());
  } finally {
    await server.close();
  }
});

test('what is wrong with the file is said, and nothing was begun', async () => {
  const { status, json, channel } = await sync('pkg_list: [a]\nblacklist: [b]\n', tree);
  expect([status, json.error.code]).toEqual([1, 'mirror_file_refused']);
  expect(json.error.detail).toContain('pkg_list and blacklist');
  expect((await it.here(['channel', 'show', channel, '--json'])).status).toBe(1);
  const nowhere = await sync('', '/nowhere/pkgs');
  expect([nowhere.status, nowhere.json.error.code]).toEqual([1, 'file_unreadable']);
  expect((await it.here(['channel', 'show', nowhere.channel, '--json'])).status).toBe(1);
});

test('a folder of the server is mirrored by it; people read a table', async () => {
  const { json, channel } = await sync('pkg_list: [tk]\n', tree, '--server-path');
  expect(json.mirrors).toMatchObject([{ state: 'completed' }]);
  expect(await names(channel)).toEqual(['tk']);
  const file = join(it.folder, `${channel}.yaml`);
  const { stdout } = await it.here(['mirror', 'sync', '-f', file, '--dry-run', '--server-path']);
  expect(stdout).toMatch(/linux-64\/tk-1.0-0.conda\s+is there/);
  expect(stdout).toMatch(/leave out\s+only_specs/);
});

test('installers below remote_url come along as general files when asked for', async () => {
  const folder = join(it.folder, 'remote');
  const installers = {
    archive: ['Anaconda3-2024.10-1-Linux-x86_64.sh', 'Anaconda3-2024.10-1-Windows-x86_64.exe', 'README.txt'],
    miniconda: ['Miniconda3-py312_24.9.2-0-Linux-x86_64.sh', 'Miniconda3-latest-Linux-x86_64.sh'],
  };
  for (const [name, files] of Object.entries(installers)) {
    mkdirSync(join(folder, name), { recursive: true });
    for (const file of files) writeFileSync(join(folder, name, file), `#!/bin/sh\necho ${file}\n`);
    const rows = files.map((file) => {
      const digest = createHash('sha256')
        .update(readFileSync(join(folder, name, file)))
        .digest('hex');
      return `<tr><td><a href="${file}">${file}</a></td><td>1K</td><td>${digest}</td></tr>`;
    });
    writeFileSync(join(folder, name, 'index.html'), `<table>${rows.join('\n')}</table>`);
  }
  const server = createServer(({ url = '' }, response) => {
    response.end(readFileSync(join(folder, url.endsWith('/') ? `${url}index.html` : url)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const remote = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const lines = `remote_url: ${remote}\nplatforms: [linux-64]\npkg_list: [tk]\n`;
    const wanted = [
      'files/anaconda3/2024.10-1/Anaconda3-2024.10-1-Linux-x86_64.sh',
      'files/miniconda3/py312_24.9.2-0/Miniconda3-py312_24.9.2-0-Linux-x86_64.sh',
    ];
    const { status, json, channel } = await sync(lines, tree, '--include-installers');
    const of = (items: { source: string }[]) => items.filter(({ source }) => source === 'installers');
    expect([status, of(json.items)]).toMatchObject([0, wanted.map((file) => ({ file, action: 'bring_in' }))]);
    await it.app.jobsDone();
    const token = await it.app.adminToken();
    const got = await it.app.request('GET', `/api/repo/${channel}/${wanted[0]}`, { token });
    expect([got.status, got.text]).toEqual([200, `#!/bin/sh\necho ${installers.archive[0]}\n`]);
    const again = await syncInto(channel, lines, tree, '--include-installers');
    expect(of(again.json.items)).toMatchObject(wanted.map((file) => ({ file, action: 'keep' })));
    writeFileSync(join(folder, 'archive', installers.archive[0]!), 'cut');
    const other = await sync(lines, tree, '--include-installers');
    expect([other.status, of(other.json.items)[0]]).toMatchObject([1, { reason: { code: 'source_failed' } }]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a source with a private authority needs --ca', async () => {
  const authority = makeTestAuthority();
  const server = await startUpstreamServer({ folder: tree, tls: authority.certify('127.0.0.1') });
  const ca = join(it.folder, 'source-ca.pem');
  writeFileSync(ca, authority.ca);
  try {
    const without = await sync('pkg_list: [tk]\n', server.url);
    expect([without.status, without.json.mirrors[0].state]).toEqual([1, 'failed']);
    const { status, channel } = await sync('pkg_list: [tk]\n', server.url, '--ca', ca);
    expect(status).toBe(0);
    expect(await names(channel)).toEqual(['tk']);
  } finally {
    await server.close();
  }
});

test('the file names the site, unless the command line does', async () => {
  await it.here(['config', 'set', 'sites.elsewhere.url', 'http://127.0.0.1:1']);
  const elsewhere = await sync('pkg_list: [tk]\ndest_site: elsewhere\n', tree);
  expect([elsewhere.status, elsewhere.json.error.code]).toEqual([1, 'unreachable']);
  const here = await sync('pkg_list: [tk]\ndest_site: elsewhere\n', tree, '--url', it.app.url);
  expect([here.status, here.json.counts.bring_in]).toEqual([0, 1]);
});

test('a Python index: only the listed projects, and the newest of each', async () => {
  const folder = join(it.folder, 'simple-index');
  const wheel = async (name: string, version: string) => indexedFile(await buildWheel({ name, version }));
  writeSimpleIndex(folder, {
    listed: [await wheel('listed', '1.0'), await wheel('listed', '2.0')],
    other: [await wheel('other', '1.0')],
  });
  const server = await startUpstreamServer({ folder });
  try {
    const file = join(it.folder, 'pypi.yaml');
    writeFileSync(file, `remote_url: ${server.url}/simple/\nuser: python\nwhitelist: [listed]\nlatest_only: true\n`);
    const { status, json } = await it.here(['mirror', 'sync', '-f', file, '--json']);
    expect([status, json.channel, json.mirrors[0].state]).toEqual([0, 'python', 'completed']);
    expect(await names('python')).toEqual(['listed']);
    const files = await it.here(['channel', 'files', 'python', 'listed', '--family', 'python', '--json']);
    expect(files.json.items).toMatchObject([{ metadata: { version: '2.0' } }]);
  } finally {
    await server.close();
  }
});

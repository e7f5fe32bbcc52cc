import { gunzipSync } from 'node:zlib';
import { parseDcf, readFileTimes } from '@sluice/formats/cran';
import { type BuiltRPackage, buildRPackage, type RPackageOptions } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let app: TestApp;
let admin: string;

beforeEach(async () => {
  app = await startTestApp();
  admin = await app.adminToken();
  await channel('c', { privacy: 'public', types: ['conda', 'r'] });
});
afterEach(() => app.close());

async function channel(name: string, options: object): Promise<void> {
  const made = await app.request('POST', '/api/channels', { token: admin, body: { name, ...options } });
  expect(made.text).toContain(name);
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}/api/repo/${path}`, { headers });
const bytesOf = async (path: string) => Buffer.from(await (await get(path)).arrayBuffer());

async function put(path: string, bytes: Uint8Array, token: string | undefined = admin): Promise<Response> {
  const headers = { ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${app.url}/api/repo/${path}`, { method: 'PUT', body: new Uint8Array(bytes), headers });
  await app.jobsDone();
  return answer;
}

async function publish(options: RPackageOptions, tree = 'src/contrib'): Promise<BuiltRPackage> {
  const built = await buildRPackage(options);
  const answer = await put(`c/cran/${tree}/${built.fileName}`, built.bytes);
  expect([answer.status, await answer.text()]).toEqual([201, expect.stringContaining('"status":"created"')]);
  return built;
}

const listed = async (path: string) =>
  (await (await get(path)).text())
    .split('\n\n')
    .filter(Boolean)
    .map((text) => `${parseDcf(text).get('Package')} ${parseDcf(text).get('Version')}`);

describe('source packages', () => {
  it('that are put are listed in every form, the newest of each, and the others archived', async () => {
    await publish({ name: 'demo', version: '1.9', imports: 'cli (>= 3.0)' });
    const newest = await publish({ name: 'demo', version: '1.10' });
    await publish({ name: 'aBc', version: '1.0' });
    expect(await listed('c/cran/src/contrib/PACKAGES')).toEqual(['aBc 1.0', 'demo 1.10']);
    const text = await (await get('c/cran/src/contrib/PACKAGES')).text();
    expect(text).toContain(`MD5sum: ${newest.paragraph.match(/MD5sum: (\w+)/)![1]}\n`);
    expect(gunzipSync(await bytesOf('c/cran/src/contrib/PACKAGES.gz')).toString()).toBe(text);
    expect(gunzipSync(await bytesOf('c/cran/src/contrib/PACKAGES.rds')).toString('latin1')).toContain('1.10');
    const archive = readFileTimes(gunzipSync(await bytesOf('c/cran/src/contrib/Meta/archive.rds')));
    expect(archive).toEqual([{ path: 'demo/demo_1.9.tar.gz', size: expect.any(Number), mtime: expect.any(Number) }]);
    const current = readFileTimes(gunzipSync(await bytesOf('c/cran/src/contrib/Meta/current.rds')));
    expect(current.map(({ path }) => path)).toEqual(['aBc_1.0.tar.gz', 'demo_1.10.tar.gz']);
  });

  it('are served at both places, to the byte, and nothing else is', async () => {
    const old = await publish({ name: 'demo', version: '1.0' });
    const newer = await publish({ name: 'demo', version: '2.0' });
    for (const [path, built] of [
      ['demo_1.0.tar.gz', old],
      ['Archive/demo/demo_1.0.tar.gz', old],
      ['demo_2.0.tar.gz', newer],
      ['Archive/demo/demo_2.0.tar.gz', newer],
    ] as const) {
      expect((await bytesOf(`c/cran/src/contrib/${path}`)).equals(built.bytes), path).toBe(true);
    }
    for (const path of [
      'demo_3.0.tar.gz',
      'Archive/other/demo_1.0.tar.gz',
      'PACKAGES.json',
      'Meta/PACKAGES',
      'demo_2.0.zip',
      '',
      'Archive/',
    ]) {
      expect((await get(`c/cran/src/contrib/${path}`)).status, path).toBe(404);
    }
  });

  it('have strong validators of their own, and answer HEAD', async () => {
    await publish({ name: 'demo' });
    const tags = new Set<string>();
    for (const file of ['PACKAGES', 'PACKAGES.gz', 'PACKAGES.rds', 'Meta/archive.rds', 'demo_1.0.tar.gz']) {
      const path = `c/cran/src/contrib/${file}`;
      const etag = (await get(path)).headers.get('etag')!;
      tags.add(etag);
      expect((await get(path, { 'if-none-match': etag })).status, file).toBe(304);
      const head = await fetch(`${app.url}/api/repo/${path}`, { method: 'HEAD' });
      expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
    }
    expect(tags.size).toBe(5);
  });
});

describe('what is put', () => {
  it('must be what its address says', async () => {
    const { bytes } = await buildRPackage({ name: 'demo' });
    const binary = await buildRPackage({ name: 'demo', format: 'zip' });
    for (const [path, sent, status, code] of [
      ['src/contrib/demo_2.0.tar.gz', bytes, 422, 'metadata_mismatch'],
      ['src/contrib/demo_1.0.tar.gz', Buffer.from('no'), 422, 'archive_refused'],
      ['src/contrib/demo_1.0.tar.gz', Buffer.alloc(0), 400, 'upload_empty'],
      ['bin/windows/contrib/4.4/demo_1.0.zip', binary.bytes, 422, 'subdir_mismatch'],
      ['src/contrib/PACKAGES', bytes, 405, 'method_not_allowed'],
      ['src/contrib/demo_1.0.zip', binary.bytes, 405, 'method_not_allowed'],
    ] as const) {
      const answer = await put(`c/cran/${path}`, sent);
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([path, status, code]);
    }
    expect(await listed('c/cran/src/contrib/PACKAGES')).toEqual([]);
  });

  it('is taken from who may upload, once', async () => {
    const { bytes, fileName } = await publish({ name: 'demo' });
    const path = `c/cran/src/contrib/${fileName}`;
    const other = await buildRPackage({ name: 'demo', files: { 'R/more.R': 'more <- 1' } });
    expect((await put(path, bytes)).status).toBe(200);
    expect((await put(path, other.bytes)).status).toBe(409);
    const anonymous = await fetch(`${app.url}/api/repo/${path}`, { method: 'PUT', body: new Uint8Array(bytes) });
    expect(anonymous.status).toBe(401);
    await channel('conda-only', { types: ['conda'] });
    expect((await put(`conda-only/cran/src/contrib/${fileName}`, bytes)).status).toBe(415);
  });

  it('may be deleted: then an older version is listed, and the file says who did', async () => {
    await publish({ name: 'demo', version: '1.0' });
    await publish({ name: 'demo', version: '1.1' });
    const path = '/api/channels/c/artifacts/cran/demo/files/src:contrib/demo_1.1.tar.gz';
    expect((await app.request('DELETE', path, { token: admin })).status).toBe(204);
    await app.jobsDone();
    expect(await listed('c/cran/src/contrib/PACKAGES')).toEqual(['demo 1.0']);
    const gone = await get('c/cran/src/contrib/demo_1.1.tar.gz');
    expect([gone.status, await gone.text()]).toEqual([410, expect.stringContaining('deleted from channel c by admin')]);
  });

  it('may also come by the form, which finds its tree', async () => {
    for (const format of ['tar.gz', 'zip'] as const) {
      const built = await buildRPackage({ name: 'demo', format });
      const body = new FormData();
      body.append('content', new File([new Uint8Array(built.bytes)], built.fileName));
      const answer = await app.request('POST', '/api/channels/c/artifacts', { token: admin, body });
      expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
    }
    await app.jobsDone();
    expect(await listed('c/cran/src/contrib/PACKAGES')).toEqual(['demo 1.0']);
    expect(await listed('c/cran/bin/windows/contrib/4.5/PACKAGES')).toEqual(['demo 1.0']);
  });
});

describe('trees without packages', () => {
  it.each(['src/contrib', 'bin/windows/contrib/4.5', 'bin/macosx/big-sur-arm64/contrib/4.5'])('%s', async (tree) => {
    const answer = await get(`c/cran/${tree}/PACKAGES`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(gunzipSync(await bytesOf(`c/cran/${tree}/PACKAGES.gz`)).length).toBe(0);
    expect(gunzipSync(await bytesOf(`c/cran/${tree}/PACKAGES.rds`)).length).toBeGreaterThan(0);
  });

  it('that nobody could mean are not there', async () => {
    for (const tree of ['src', 'bin/windows', 'bin/windows/contrib/x', '__linux__/jammy/4.5', 'web/packages']) {
      expect((await get(`c/cran/${tree}/PACKAGES`)).status, tree).toBe(404);
    }
  });
});

describe('packages for Linux distributions', () => {
  const client = (minor: string) => ({ 'user-agent': `R (${minor}.0 x86_64-pc-linux-gnu x86_64 linux-gnu)` });

  it('are built ones for who can use them, at the address of the sources', async () => {
    const source = await publish({ name: 'demo' });
    const Built = 'R 4.5.0; ; 2026-01-02 03:04:05 UTC; unix';
    const built = await publish({ name: 'demo', fields: { Built } }, '__linux__/jammy/4.5');
    for (const place of ['src/contrib', 'latest/src/contrib']) {
      const path = `c/cran/__linux__/jammy/${place}/demo_1.0.tar.gz`;
      for (const [headers, wanted, type] of [
        [client('4.5'), built, 'binary'],
        [client('4.4'), source, 'source'],
        [{}, source, 'source'],
      ] as const) {
        const answer = await get(path, headers as Record<string, string>);
        expect(answer.headers.get('x-package-type')).toBe(type);
        expect(answer.headers.get('vary')).toBe('User-Agent');
        expect(Buffer.from(await answer.arrayBuffer()).equals(wanted.bytes)).toBe(true);
      }
    }
    expect(await listed('c/cran/__linux__/jammy/src/contrib/PACKAGES')).toEqual(['demo 1.0']);
    expect(await listed('c/cran/__linux__/jammy/4.5/PACKAGES')).toEqual(['demo 1.0']);
    expect((await get('c/cran/__linux__/focal/src/contrib/demo_1.0.tar.gz', client('4.5'))).status).toBe(200);
  });
});

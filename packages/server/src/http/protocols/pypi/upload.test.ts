import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createBlake2b256 } from '@sluice/formats/digest';
import { type BuiltPythonPackage, buildSdist, buildWheel } from '@sluice/testkit';
import { startTestApp, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { basic, type PythonChannel, type PythonFormOptions, pythonChannel } from '../testing/python-channel.ts';

const maxBytes = 1024 * 1024;
let app: TestApp;
let channel: PythonChannel;
beforeAll(async () => {
  app = await startTestApp({ env: { SLUICE_MAX_UPLOAD: String(maxBytes) } });
  channel = await pythonChannel(app, 'team');
});
afterAll(() => app.close());

const digestOf = (algorithm: string, bytes: Uint8Array, encoding: 'hex' | 'base64url' = 'hex') =>
  createHash(algorithm).update(bytes).digest(encoding);
const blake2 = (bytes: Uint8Array) => {
  const hash = createBlake2b256();
  hash.update(bytes);
  return hash.digest();
};

function attestationOf({ fileName, bytes }: BuiltPythonPackage, sha256 = digestOf('sha256', bytes)): object {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: fileName, digest: { sha256 } }],
    predicateType: 'https://docs.test/attestations/publish/v1',
    predicate: null,
  };
  return {
    version: 1,
    verification_material: { certificate: 'MIIB', transparency_entries: [{ logIndex: '1' }] },
    envelope: { statement: Buffer.from(JSON.stringify(statement)).toString('base64'), signature: 'c2ln' },
  };
}

test('a wheel and its source are taken with whatever digests, and again with 200; other bytes are 409', async () => {
  const wheel = await buildWheel({ name: 'taken' });
  const sdist = await buildSdist({ name: 'taken' });
  for (const [file, fields] of [
    [wheel, { md5_digest: digestOf('md5', wheel.bytes), blake2_256_digest: blake2(wheel.bytes) }],
    [wheel, { md5_digest: digestOf('md5', wheel.bytes, 'base64url'), summary: 'UNKNOWN', classifiers: 'x' }],
    [sdist, { filetype: 'sdist', pyversion: 'source' }],
  ] as const) {
    const answer = await channel.send(file, { fields });
    expect([answer.status, answer.text]).toEqual([200, 'OK\n']);
  }
  await app.jobsDone();
  const { files } = await channel.page('taken');
  expect(files.map(({ filename }) => filename)).toEqual([wheel.fileName, sdist.fileName]);
  expect(files.map((file) => file['core-metadata'])).toEqual([
    { sha256: digestOf('sha256', Buffer.from(wheel.metadata)) },
    false,
  ]);
  const other = await buildWheel({ name: 'taken', description: 'other' });
  const refused = await channel.send(other);
  expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('already exists')]);
});

test('a file that installers would take for one that is there is refused, however its name is spelled', async () => {
  await channel.wheel({ name: 'spelled' });
  expect((await channel.send(await buildSdist({ name: 'spelled' }))).status).toBe(200);
  const { bytes } = await buildWheel({ name: 'spelled', description: 'other' });
  const longer = await buildSdist({ name: 'spelled', version: '1.0.0' });
  for (const file of [{ fileName: 'Spelled-1.0-py3-none-any.whl', bytes }, longer]) {
    const answer = await channel.send(file);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('there can be one only')]);
  }
  const built = await buildWheel({ name: 'spelled', build: '1' });
  expect((await channel.send(built)).status).toBe(200);
});

test.each(['legacy', 'legacy/', 'simple/', 'pypi/'])('tools may send to %s', async (path) => {
  const wheel = await buildWheel({ name: `to-${path.replace(/\W/g, 'x')}` });
  expect((await channel.send(wheel, { path: `/api/repo/team/${path}` })).status).toBe(200);
});

test('attestations are served beside the file', async () => {
  const wheel = await buildWheel({ name: 'attested' });
  const attestation = attestationOf(wheel);
  const sent = await channel.send(wheel, { fields: { attestations: JSON.stringify([attestation]) } });
  expect(sent.status).toBe(200);
  await app.jobsDone();
  const [file] = (await channel.page('attested')).files;
  const url = new URL(String(file!.provenance), `${app.url}/api/repo/team/simple/attested/`);
  expect(url.pathname).toBe(`/api/repo/team/pypi/attested/${wheel.fileName}.provenance`);
  const provenance = await fetch(url);
  expect(provenance.headers.get('content-type')).toBe('application/vnd.pypi.integrity.v1+json');
  expect(await provenance.json()).toEqual({
    version: 1,
    attestation_bundles: [{ publisher: { kind: 'Sluice' }, attestations: [attestation] }],
  });
  const others = await channel.wheel({ name: 'unattested' });
  expect((await channel.get(`/pypi/unattested/${others.fileName}.provenance`)).status).toBe(404);
});

describe('what is wrong with an upload is said in the status line and the body', () => {
  const zero = '0'.repeat(64);
  const named = async (fileName: string) => ({ ...(await buildWheel({ name: 'wrong' })), fileName });
  test.each<[string, () => Promise<BuiltPythonPackage>, PythonFormOptions['fields'], number, string]>([
    ['another digest', () => buildWheel({ name: 'wrong' }), { sha256_digest: zero }, 400, 'sha256'],
    ['another BLAKE2', () => buildWheel({ name: 'wrong' }), { blake2_256_digest: zero }, 400, 'blake2_256'],
    ['another MD5', () => buildWheel({ name: 'wrong' }), { md5_digest: '0'.repeat(32) }, 400, 'md5'],
    ['an egg', () => buildWheel({ name: 'wrong' }), { filetype: 'bdist_egg' }, 400, 'bdist_wheel or sdist'],
    ['a wheel said to be a source', () => buildWheel({ name: 'wrong' }), { filetype: 'sdist' }, 400, 'file name'],
    ['another name', () => named('other-1.0-py3-none-any.whl'), {}, 400, 'folder of metadata'],
    ['a name of nothing', () => named('wrong.whl'), {}, 400, 'wrong.whl'],
    ['registering', () => buildWheel({ name: 'wrong' }), { ':action': 'submit' }, 410, 'is no more'],
    [
      'attestations of another file',
      () => buildWheel({ name: 'wrong' }),
      {
        attestations: JSON.stringify([
          attestationOf({ fileName: 'x-1-py3-none-any.whl', bytes: Buffer.from('') } as never),
        ]),
      },
      400,
      'attestation',
    ],
    ['attestations that are none', () => buildWheel({ name: 'wrong' }), { attestations: '{}' }, 400, 'attestations'],
    [
      'too much',
      async () => ({ ...(await named('big-1.0-py3-none-any.whl')), bytes: Buffer.alloc(maxBytes + 1) }),
      {},
      413,
      'larger',
    ],
  ])('%s', async (_, build, fields, status, words) => {
    const file = await build();
    const answer = await channel.send(file, { fields });
    expect([answer.status, answer.json.detail]).toEqual([status, expect.stringContaining(words)]);
    expect(readdirSync(join(app.dataDir, 'blobs', 'tmp'))).toEqual([]);
  });

  test('a second source of a release', async () => {
    expect((await channel.send(await buildSdist({ name: 'twice' }))).status).toBe(200);
    const zip = await buildSdist({ name: 'twice', extension: 'zip' });
    const answer = await channel.send(zip);
    expect([answer.status, answer.json.detail]).toEqual([400, expect.stringContaining('twice-1.0.tar.gz')]);
    expect(answer.json.detail).not.toMatch(/already exist/);
  });

  test('a channel without Python', async () => {
    const { name } = await pythonChannel(app, 'no-python', { types: ['conda'] });
    const answer = await channel.send(await buildWheel({ name: 'wrong' }), {
      path: `/api/repo/${name}/legacy/`,
      authorization: basic('admin', 'correct horse battery'),
    });
    expect([answer.status, answer.json.detail]).toEqual([400, expect.stringContaining('no packages of type python')]);
  });

  test('the reason is in the status line, in ASCII and short', async () => {
    const line = await statusLine('x'.repeat(10));
    expect(line).toMatch(/^HTTP\/1\.1 400 The upload cannot be taken: /);
    expect(line.length).toBeLessThan(230);
  });

  async function statusLine(value: string): Promise<string> {
    const { hostname, port } = new URL(app.url);
    const body = `--e\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n--e\r\nContent-Disposition: form-data; name="filetype"\r\n\r\n${value}é\r\n--e--\r\n`;
    const head = `POST /api/repo/team/legacy/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${basic('admin', 'correct horse battery')}\r\nContent-Type: multipart/form-data; boundary=e\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
    const socket = connect(Number(port), hostname);
    socket.write(head + body);
    let text = '';
    for await (const piece of socket) text += piece;
    return text.slice(0, text.indexOf('\r\n'));
  }
});

describe('who may upload', () => {
  test('a token or a password with the right; others are told as for everything else', async () => {
    const wheel = await buildWheel({ name: 'allowed' });
    const issued = await app.request('POST', '/api/account/tokens', {
      token: await app.adminToken(),
      body: { name: 'r', expires_at: app.inDays(30), resources: [{ channel: 'team', permission: 'read' }] },
    });
    for (const [authorization, status] of [
      [basic('__token__', 'wrong'), 401],
      [basic('__token__', issued.json.token), 403],
      [basic('admin', 'wrong'), 401],
      [basic('admin', 'correct horse battery'), 200],
    ] as const) {
      const answer = await channel.send(wheel, { authorization });
      expect(answer.status).toBe(status);
      if (status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
  });
});

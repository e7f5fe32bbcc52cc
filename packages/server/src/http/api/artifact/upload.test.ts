import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type BuiltPackage, buildCondaPackage, type CondaPackageOptions } from '@sluice/testkit';
import { startTestApp, type TestAnswer, type TestApp } from '@sluice/testkit/app';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const maxBytes = 1024 * 1024;
const malformed = join(
  import.meta.dirname,
  '../../../../../testkit/fixtures/malformed/ca-certificates-2024.7.4-hbcca054_0.conda',
);

let app: TestApp;
let token: string;
let channel: string;
let path: string;
let count = 0;
beforeAll(async () => {
  app = await startTestApp({ env: { SLUICE_MAX_UPLOAD: String(maxBytes) } });
  token = await app.signIn('ada');
});
afterAll(() => app.close());
beforeEach(async () => {
  channel = `channel-${count}`;
  count += 1;
  path = `/api/channels/${channel}/artifacts`;
  await app.request('POST', '/api/channels', { token, body: { name: channel, privacy: 'public' } });
});

type Part = [name: string, value: string | Uint8Array, fileName?: string];

/** A form, byte for byte, in the order given; a part with a file name is a file. */
function formBody(parts: Part[], end = '--edge--\r\n'): Buffer {
  const pieces = parts.flatMap(([name, value, fileName]) => [
    `--edge\r\nContent-Disposition: form-data; name="${name}"`,
    fileName === undefined ? '' : `; filename="${fileName}"\r\nContent-Type: application/octet-stream`,
    '\r\n\r\n',
    value,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, end].map((piece) => Buffer.from(piece as string)));
}

const formType = { 'content-type': 'multipart/form-data; boundary=edge' };

function send(parts: Part[], where = path): Promise<TestAnswer> {
  return app.request('POST', where, { token, headers: formType, body: Uint8Array.from(formBody(parts)) });
}

function sendPackage({ fileName, bytes }: Pick<BuiltPackage, 'fileName' | 'bytes'>, more: Part[] = [], where = path) {
  return send([['content', bytes, fileName], ...more], where);
}

const build = (options: Partial<CondaPackageOptions> = {}) => buildCondaPackage({ name: 'demo', ...options });
const refusal = ({ status, json }: TestAnswer) => [status, json.code];
const hex = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

async function shownFiles(): Promise<string[]> {
  await app.jobsDone();
  const { json } = await app.request('GET', `/api/repo/${channel}/noarch/repodata.json`);
  return [...Object.keys(json.packages), ...Object.keys(json['packages.conda'])];
}

/** Nothing of a refused upload stays: no temporary file, no row, no event. */
async function expectNoTrace(): Promise<void> {
  // First, since the job that publishes has temporary files of its own.
  expect(await shownFiles()).toEqual([]);
  expect(temporaryFiles()).toEqual([]);
  const { json } = await app.request('GET', `/api/channels/${channel}/history`, { token });
  expect(json.items.map((item: { event_type: string }) => item.event_type)).toEqual(['channel_created']);
}

function temporaryFiles(): string[] {
  return readdirSync(join(app.dataDir, 'blobs', 'tmp'));
}

describe('a package', () => {
  test.each(['conda', 'tar.bz2'] as const)('as .%s is taken, and served as it came', async (format) => {
    const { fileName, bytes } = await build({ format, version: '2.1', build: 'h1_3', buildNumber: 3 });
    const answer = await sendPackage({ fileName, bytes });
    expect([answer.status, answer.json]).toEqual([
      201,
      {
        name: 'demo',
        family: 'conda',
        version: '2.1',
        build: 'h1_3',
        subdir: 'noarch',
        ckey: `noarch/${fileName}`,
        sha256: hex('sha256', bytes),
        md5: hex('md5', bytes),
        size: bytes.byteLength,
        channel_frozen: false,
      },
    ]);
    expect(await shownFiles()).toEqual([fileName]);
    const served = await fetch(`${app.url}/api/repo/${channel}/noarch/${fileName}`);
    expect(hex('sha256', new Uint8Array(await served.arrayBuffer()))).toBe(hex('sha256', bytes));
    expect(temporaryFiles()).toEqual([]);
  });

  test('sent again is 200 and changes nothing; other bytes under its name are 409', async () => {
    const first = await build({ files: { a: '1' } });
    const other = await build({ files: { a: '2' } });
    const created = await sendPackage(first);
    const same = await sendPackage(first);
    expect([same.status, same.json]).toEqual([200, created.json]);
    const refused = await sendPackage(other);
    expect(refusal(refused)).toEqual([409, 'file_exists']);
    expect(refused.json).toMatchObject({ wanted: `sha256 ${hex('sha256', first.bytes)}` });
    expect(refused.json.detail).toContain('Raise the version or the build number');
    expect(await shownFiles()).toEqual([first.fileName]);
    const { json } = await app.request(
      'GET',
      `/api/channels/${channel}/history?event_type=channel_created,artifact_registered`,
      { token },
    );
    expect(json.total_count).toBe(2);
  });

  test('may be sent twice at the same time: one creates it', async () => {
    const pack = await build();
    const answers = await Promise.all([sendPackage(pack), sendPackage(pack), sendPackage(pack)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
  });

  test('goes to a subchannel under both addresses', async () => {
    const subchannels = `/api/channels/${channel}/subchannels`;
    await app.request('POST', subchannels, { token, body: { name: 'sub' } });
    const pack = await build();
    expect((await sendPackage(pack, [], `/api/channels/${channel}/sub/artifacts`)).status).toBe(201);
    expect((await sendPackage(pack, [], `${subchannels}/sub/artifacts`)).status).toBe(200);
  });
});

describe('the form', () => {
  test('takes fields before and behind the file, and such as it does not know', async () => {
    const { fileName, bytes } = await build();
    const size: Part = ['size', String(bytes.byteLength)];
    const before = await send([['filetype', 'conda1'], size, ['subdir', 'noarch'], ['content', bytes, fileName]]);
    expect(before.status).toBe(201);
    const behind = await send([['content', bytes, fileName], ['filetype', ''], size, ['summary', 'x']]);
    expect(behind.status).toBe(200);
  });

  const content: Part = ['content', 'x', 'demo-1.0-0.conda'];
  test.each<[string, Part[], number, string]>([
    ['no file', [['size', '1']], 400, 'upload_form'],
    ['nothing', [], 400, 'upload_form'],
    ['a file without a name', [['content', 'x']], 400, 'upload_form'],
    ['a file in another part', [['file', 'x', 'demo-1.0-0.conda']], 400, 'upload_form'],
    ['two files', [content, content], 400, 'upload_form'],
    ['a size that is none', [['size', '1 MB'], content], 400, 'upload_form'],
    ['two sizes', [['size', '1'], ['size', '1'], content], 400, 'upload_form'],
    ['more bytes than announced', [['size', '0'], content], 400, 'upload_size'],
    ['fewer bytes than announced', [['size', '2'], content], 400, 'upload_size'],
    ['another size announced behind', [content, ['size', '2']], 400, 'upload_size'],
    ['another type', [['filetype', 'gra_file'], content], 415, 'upload_kind'],
    ['many fields', [...Array.from({ length: 30 }, (_, n): Part => [`f${n}`, 'x']), content], 400, 'upload_form'],
  ])('with %s is refused', async (_, parts, status, code) => {
    expect(refusal(await send(parts))).toEqual([status, code]);
    await expectNoTrace();
  });

  test.each<[string, Record<string, string>, Buffer, number, string]>([
    ['as JSON', { 'content-type': 'application/json' }, Buffer.from('{}'), 415, 'media_type'],
    ['raw', { 'content-type': 'application/octet-stream' }, Buffer.from('x'), 415, 'media_type'],
    ['without a boundary', { 'content-type': 'multipart/form-data' }, formBody([content]), 400, 'upload_form'],
    [
      'with another boundary',
      { 'content-type': 'multipart/form-data; boundary=x' },
      formBody([content]),
      400,
      'upload_form',
    ],
    [
      'cut off in the file',
      formType,
      formBody([['content', 'x'.repeat(5000), 'demo-1.0-0.conda']], '').subarray(0, 900),
      400,
      'upload_form',
    ],
    ['cut off behind the file', formType, formBody([content], ''), 400, 'upload_form'],
    ['of garbage', formType, Buffer.from('garbage'), 400, 'upload_form'],
  ])('%s is refused', async (_, headers, body, status, code) => {
    const answer = await app.request('POST', path, { token, headers, body: Uint8Array.from(body) });
    expect(refusal(answer)).toEqual([status, code]);
    await expectNoTrace();
  });
});

describe('a file is refused', () => {
  const named = async (fileName: string, options: Partial<CondaPackageOptions> = {}) => ({
    ...(await build(options)),
    fileName,
  });
  const text = (fileName: string, content: string) => ({ fileName, bytes: Buffer.from(content) });

  test.each<[string, () => Promise<Pick<BuiltPackage, 'fileName' | 'bytes'>>, number, string]>([
    ['with another name than its own', () => named('other-1.0-0.conda'), 422, 'metadata_mismatch'],
    ['with another version', () => named('demo-1.1-0.conda'), 422, 'metadata_mismatch'],
    ['with another build', () => named('demo-1.0-1.conda'), 422, 'metadata_mismatch'],
    ['that is empty', async () => text('demo-1.0-0.conda', ''), 400, 'upload_empty'],
    ['that is HTML', async () => text('demo-1.0-0.conda', '<!doctype html><p>Sign in'), 422, 'archive_refused'],
    ['that is HTML as .tar.bz2', async () => text('demo-1.0-0.tar.bz2', '<!doctype html>'), 422, 'archive_refused'],
    ['of the other format', async () => named('demo-1.0-0.tar.bz2'), 422, 'archive_refused'],
    [
      'with its members in nested folders',
      async () => ({ fileName: 'ca-certificates-2024.7.4-hbcca054_0.conda', bytes: readFileSync(malformed) }),
      422,
      'archive_refused',
    ],
    ['that climbs', () => named('../../../tmp/demo-1.0-0.conda'), 400, 'file_name'],
    ['that climbs in Windows', () => named('..\\\\demo-1.0-0.conda'), 400, 'file_name'],
    ['with an absolute name', () => named('/etc/demo-1.0-0.conda'), 400, 'file_name'],
    ['without a build in its name', () => named('demo-1.0.conda'), 400, 'file_name'],
    ['with a name in upper case', () => named('Demo-1.0-0.conda'), 400, 'file_name'],
    ['of a virtual package', () => named('__glibc-2.17-0.conda'), 400, 'file_name'],
    ['that is no package', async () => text('setup.exe', 'MZ'), 400, 'file_name'],
  ])('%s', async (_, pack, status, code) => {
    expect(refusal(await sendPackage(await pack()))).toEqual([status, code]);
    await expectNoTrace();
  });

  test('for another subdir than its own', async () => {
    expect(refusal(await sendPackage(await build(), [['subdir', 'linux-64']]))).toEqual([422, 'subdir_mismatch']);
    await expectNoTrace();
  });

  test('in a channel for other types', async () => {
    await app.request('PUT', `/api/channels/${channel}`, { token, body: { types: ['python'] } });
    expect(refusal(await sendPackage(await build()))).toEqual([415, 'type_not_allowed']);
    await app.jobsDone();
    expect(temporaryFiles()).toEqual([]);
  });

  test.each([
    ['before it is read, when its length is announced', 'length'],
    ['while it is read, when it is not', 'chunked'],
  ])('that is too large, %s', async (_, how) => {
    const body = formBody([['content', Buffer.alloc(maxBytes * 2), 'demo-1.0-0.conda']]);
    const answer =
      how === 'length'
        ? await app.request('POST', path, { token, headers: formType, body: Uint8Array.from(body) })
        : await chunked(body);
    expect(refusal(answer)).toEqual([413, how === 'length' ? 'upload_too_large' : 'blob_too_large']);
    await expectNoTrace();
  });

  /** Without Content-Length. */
  async function chunked(body: Buffer): Promise<TestAnswer> {
    const response = await fetch(app.url + path, {
      method: 'POST',
      headers: { ...formType, authorization: `Bearer ${token}` },
      body: new Blob([Uint8Array.from(body)]).stream(),
      duplex: 'half',
    } as RequestInit);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
  }
});

test('who may not upload is told so before the file is read', async () => {
  const bob = await app.signIn('bob');
  const body = Uint8Array.from(formBody([['content', Buffer.alloc(5_000_000), 'demo-1.0-0.conda']]));
  expect(refusal(await app.request('POST', path, { headers: formType, body }))).toEqual([401, 'unauthenticated']);
  expect(refusal(await app.request('POST', path, { token: bob, headers: formType, body }))).toEqual([403, 'forbidden']);
  const nowhere = path.replace(channel, 'nowhere');
  expect(refusal(await app.request('POST', nowhere, { token, headers: formType, body }))).toEqual([404, 'not_found']);
});

test('a client that goes away in the middle leaves nothing', async () => {
  await app.jobsDone();
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(app.url).port) });
  const body = formBody([['content', Buffer.alloc(500_000), 'demo-1.0-0.conda']]);
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
      `Content-Type: ${formType['content-type']}\r\nContent-Length: ${body.byteLength}\r\n\r\n`,
  );
  socket.write(body.subarray(0, 300_000));
  await expect.poll(temporaryFiles).toHaveLength(1);
  socket.destroy();
  await expect.poll(temporaryFiles).toEqual([]);
  await expectNoTrace();
});

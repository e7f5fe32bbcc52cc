import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSourceGuard } from '../../fetch/source-guard.ts';
import { parseSourceRules } from '../../fetch/source-rules.ts';
import { WorkGone } from '../work-gone.ts';
import { abandonUploads, deleteObject, uploadPart } from './s3.ts';

const guard = createSourceGuard(parseSourceRules('127.0.0.0/8', '/nowhere'), []);
const secrets = {
  AWS_ACCESS_KEY_ID: 'AKIDOFATEST',
  AWS_SECRET_ACCESS_KEY: 'hushhush',
  AWS_SESSION_TOKEN: 'sessionhush',
};
let folder: string;
let server: Server;
let answer: (request: string, reply: ServerResponse) => void;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 's3-'));
  writeFileSync(join(folder, 'part'), 'bytes');
  server = createServer((request, reply) => {
    request.resume().on('end', () => answer(`${request.method} ${request.url}`, reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const upload = (tick = async () => {}) =>
  uploadPart(guard, 's3://stick/bundles', { name: 'a.sluice', path: join(folder, 'part') }, { tick });

test('an error of S3 is told in its words, and nothing else that it says', async () => {
  answer = (_request, reply) => {
    const said = [
      '<Code>SignatureDoesNotMatch</Code><Message>Check your key and signing method.</Message>',
      `<AWSAccessKeyId>${secrets.AWS_ACCESS_KEY_ID}</AWSAccessKeyId><SignatureProvided>c0ffee</SignatureProvided>`,
      `<CanonicalRequest>PUT\n/stick\nx-amz-security-token:${secrets.AWS_SESSION_TOKEN}</CanonicalRequest>`,
    ];
    reply.writeHead(403, { 'content-type': 'application/xml' }).end(`<Error>${said.join('')}</Error>`);
  };
  const error = await upload().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'bundle_output',
    found: 's3://stick/bundles',
    message: 's3://stick/bundles cannot be written: SignatureDoesNotMatch: Check your key and signing method.',
  });
  const all = inspect(error, { depth: null, showHidden: true });
  for (const secret of [...Object.values(secrets), 'c0ffee']) expect(all).not.toContain(secret);
});

test('a server that is away is told', async () => {
  await new Promise((resolve) => server.close(resolve));
  await expect(upload()).rejects.toMatchObject({
    code: 'bundle_output',
    message: expect.stringMatching(/ECONNREFUSED/),
  });
});

test('what cannot be removed is told', async () => {
  answer = (_request, reply) => {
    reply.writeHead(403, { 'content-type': 'application/xml' });
    reply.end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
  };
  await expect(deleteObject('s3://stick/bundles/a.sluice')).rejects.toMatchObject({
    code: 'bundle_output',
    message: 's3://stick/bundles/a.sluice cannot be removed: AccessDenied: Access Denied.',
  });
});

test('an upload ends when its work is stopped', async () => {
  // It never answers.
  answer = () => {};
  const tick = async () => {
    throw new WorkGone();
  };
  await expect(upload(tick)).rejects.toBeInstanceOf(WorkGone);
});

test.each([
  ['the catalog is away', Object.assign(new Error('terminated'), { code: '57P01' })],
  ['the server stops', new DOMException('stopping', 'AbortError')],
])('what ends an upload is no fault of the bucket: %s', async (_, why) => {
  // It never answers.
  answer = () => {};
  await expect(upload(() => Promise.reject(why))).rejects.toBe(why);
});

test.each(['bundles', 'a b/100%25/c%23d%3Fe', 'day=1/ü+'])(
  'what was uploaded to %s is removed from there',
  async (prefix) => {
    const asked: string[] = [];
    answer = (request, reply) => {
      asked.push(request);
      reply.writeHead(200, { 'content-type': 'application/xml' });
      reply.end(request.startsWith('GET') ? '<ListMultipartUploadsResult/>' : '');
    };
    const part = { name: 'a.sluice', path: join(folder, 'part') };
    const place = await uploadPart(guard, `s3://stick/${prefix}`, part, { tick: async () => {} });
    await deleteObject(place);
    const [written, removed] = ['PUT ', 'DELETE '].map((method) =>
      asked
        .find((request) => request.startsWith(method))
        ?.slice(method.length)
        .replace(/\?.*/, ''),
    );
    expect(removed).toBe(written);
  },
);

test('of uploads that nobody will finish, only those of these parts are given up', async () => {
  const asked: string[] = [];
  answer = (request, reply) => {
    asked.push(request);
    const uploads = ['bundles/a.sluice', 'bundles/a.sluice.other', 'bundles/b.sluice'].map(
      (key, i) => `<Upload><Key>${key}</Key><UploadId>u${i}</UploadId></Upload>`,
    );
    const list = `<ListMultipartUploadsResult>${uploads.join('')}</ListMultipartUploadsResult>`;
    reply.writeHead(request.startsWith('GET') ? 200 : 204, { 'content-type': 'application/xml' });
    reply.end(request.startsWith('GET') ? list : '');
  };
  await abandonUploads('s3://stick/bundles', ['a.sluice', 'b.sluice']);
  const ended = asked.filter((request) => request.startsWith('DELETE'));
  expect(ended).toEqual([
    expect.stringMatching(/ \/stick\/bundles\/a.sluice\?.*uploadId=u0\b/),
    expect.stringMatching(/ \/stick\/bundles\/b.sluice\?.*uploadId=u2\b/),
  ]);
  answer = (_request, reply) => void reply.writeHead(403).end();
  await abandonUploads('s3://stick/bundles', ['a.sluice']);
});

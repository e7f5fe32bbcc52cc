import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sending, sendFile } from './send-file.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-send-'));
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(folder, { recursive: true });
});

async function sendingOf(content: Uint8Array, listener: RequestListener): Promise<Sending> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  const file = join(folder, 'a.conda');
  writeFileSync(file, content);
  return {
    site: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'slc-t' },
    urlPath: '/api/x',
    file,
    fileName: 'a "b".conda',
    size: content.byteLength,
    fields: { subdir: 'noarch' },
    onProgress: () => {},
  };
}

async function formOf(request: IncomingMessage): Promise<FormData> {
  const headers = request.headers as Record<string, string>;
  return new Response(await buffer(request), { headers }).formData();
}

test.each([0, 1, 1_000_000])('a form of %i bytes arrives as it is', async (size) => {
  const content = Buffer.alloc(size, 'x');
  let received:
    | { name: string; bytes: number; subdir: unknown; token?: string | undefined; announced: number }
    | undefined;
  const seen: number[] = [];
  const sending = await sendingOf(content, async (request, response) => {
    const announced = Number(request.headers['content-length']);
    const token = request.headers.authorization;
    const form = await formOf(request);
    const file = form.get('content') as File;
    received = { name: file.name, bytes: file.size, subdir: form.get('subdir'), token, announced };
    expect(
      createHash('sha1')
        .update(await file.bytes())
        .digest(),
    ).toEqual(createHash('sha1').update(content).digest());
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"name":"a"}');
  });
  const sent = await sendFile({ ...sending, onProgress: (bytes) => seen.push(bytes) });
  expect(sent).toEqual({ status: 201, body: { name: 'a' } });
  expect(received).toMatchObject({ name: 'a "b".conda', bytes: size, subdir: 'noarch', token: 'Bearer slc-t' });
  expect(received!.announced).toBeGreaterThan(size);
  if (size > 0) expect(seen.at(-1)).toBe(size);
});

test('an answer that comes early ends the sending', async () => {
  let bytes = 0;
  const sending = await sendingOf(new Uint8Array(64 * 1024 * 1024), (request, response) => {
    request.on('data', (chunk) => {
      bytes += chunk.byteLength;
    });
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"code":"unauthenticated","detail":"no"}');
  });
  expect(await sendFile(sending)).toEqual({ status: 401, body: { code: 'unauthenticated', detail: 'no' } });
  expect(bytes).toBeLessThan(sending.size);
});

test('a connection that breaks is named', async () => {
  const sending = await sendingOf(new Uint8Array(8 * 1024 * 1024), (request) => {
    request.once('data', () => request.socket.destroy());
  });
  await expect(sendFile(sending)).rejects.toMatchObject({ code: 'unreachable' });
});

test('a file that shrinks is not sent for another', async () => {
  const sending = await sendingOf(new Uint8Array(1000), (request) => void request.resume());
  truncateSync(sending.file, 10);
  await expect(sendFile(sending)).rejects.toMatchObject({
    code: 'file_changed',
    wanted: '1000 bytes',
    found: '10 bytes',
  });
});

test('a file that grows is sent as it was', async () => {
  let received = 0;
  const sending = await sendingOf(new Uint8Array(1000), async (request, response) => {
    received = ((await formOf(request)).get('content') as File).size;
    response.end('{}');
  });
  appendFileSync(sending.file, 'more');
  await sendFile(sending);
  expect(received).toBe(1000);
});

test('a file that went away is named', async () => {
  const sending = await sendingOf(new Uint8Array(10), (request) => void request.resume());
  rmSync(sending.file);
  await expect(sendFile(sending)).rejects.toMatchObject({ code: 'file_unreadable' });
});

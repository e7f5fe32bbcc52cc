import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { createUnpacking, type Unpacking } from './unpacking.ts';

const text = Buffer.from(Array.from({ length: 200_000 }, (_, i) => `record ${i} ${(i * 7919) % 104_729}\n`).join(''));
const packed = zstdCompressSync(text);
/** More than the sockets between would take. */
const long = Buffer.concat(new Array(10).fill(text));

async function* chunks(bytes: Uint8Array) {
  for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
}

let stop = () => {};
afterEach(() => stop());

async function serve(unpacking: Unpacking, bytes: Uint8Array = packed): Promise<string> {
  const server = createServer(async (_, response) => {
    try {
      const send = unpacking.open(chunks(bytes));
      response.writeHead(200);
      await send(response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else response.writeHead(503).end((error as { code: string }).code);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('gives 24 clients at once the whole text', async () => {
  const url = await serve(createUnpacking());
  const bodies = await Promise.all(Array.from({ length: 24 }, async () => (await fetch(url)).arrayBuffer()));
  for (const body of bodies) expect(Buffer.from(body).equals(text)).toBe(true);
});

it('is not held up by clients that do not read, refuses more than it can hold, and takes others once those are gone', async () => {
  const url = await serve(createUnpacking({ atOnce: 1, clients: 3 }), zstdCompressSync(long));
  const slow = [0, 1].map(() => get(url, (answer) => void answer.pause()));
  await Promise.all(slow.map((call) => new Promise((resolve) => call.once('response', resolve))));
  expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(long.length);
  const third = get(url, (answer) => void answer.pause());
  await new Promise((resolve) => third.once('response', resolve));
  const refused = await fetch(url);
  expect([refused.status, await refused.text()]).toEqual([503, 'unavailable']);
  for (const call of [...slow, third]) call.destroy();
  await expect.poll(async () => (await fetch(url)).status).toBe(200);
});

it.each([
  ['broken', Buffer.from(packed).fill(0xff, packed.length >> 1)],
  ['cut off', packed.subarray(0, packed.length >> 1)],
])('cuts an answer whose file is %s', async (_, bytes) => {
  const url = await serve(createUnpacking(), bytes);
  await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
});

it('cuts a client that takes nothing, for others to have its place', async () => {
  // Long enough for a second client to find the first one there, also where the machine stands still for a moment.
  const url = await serve(createUnpacking({ clients: 1, patience_ms: 2_000 }), zstdCompressSync(long));
  const idle = get(url);
  const [answer] = (await once(idle, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
  idle.on('error', () => {});
  expect((await fetch(url)).status).toBe(503);
  await expect.poll(async () => (await fetch(url)).status).toBe(200);
});

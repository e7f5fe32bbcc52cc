import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What an upstream serves, and how badly. */
export interface UpstreamOrder {
  /** The first that has a file gives it. */
  readonly folders: readonly string[];
  readonly latency_ms: number;
  /** Of the package files, 0 … 1. */
  readonly fault_share: number;
}

// An upstream of its own process: each answer comes after a while, and one file in a hundred fails when it is first asked for,
// by turns with 500 and with half a body. `POST /` with an order begins anew.

let order = JSON.parse(process.argv[2]!) as UpstreamOrder;
let failed = new Set<string>();

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request) text += chunk;
    order = JSON.parse(text) as UpstreamOrder;
    failed = new Set();
    return void response.end();
  }
  await sleep(order.latency_ms);
  const name = request.url!;
  const bytes = await read(name);
  if (!bytes) return void response.writeHead(404).end();
  const fault = faultOf(name);
  if (fault === 'status') return void response.writeHead(500).end('on purpose');
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(from);
  response.writeHead(from > 0 ? 206 : 200, {
    'content-length': part.length,
    etag: `"${bytes.length}-${name.endsWith('.zst') ? order.folders.length : 0}"`,
    ...(from > 0 && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (fault === 'cut') response.write(part.subarray(0, part.length >> 1), () => response.destroy());
  else response.end(part);
}

async function read(name: string): Promise<Buffer | undefined> {
  for (const folder of order.folders) {
    const found = await readFile(path.join(folder, decodeURIComponent(name))).catch(() => undefined);
    if (found) return found;
  }
  return undefined;
}

function faultOf(name: string): 'status' | 'cut' | undefined {
  if (!name.endsWith('.conda') || failed.has(name)) return undefined;
  const [share = 0, kind = 0] = createHash('sha256').update(name).digest().subarray(0, 2);
  if (share >= 256 * order.fault_share) return undefined;
  failed.add(name);
  return kind % 2 === 0 ? 'status' : 'cut';
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, streamLargePackage, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

// A large upload must not need memory of its size. The server is a process of its own, so that only its memory counts.

const MIB = 1024 * 1024;
const size = process.env.LONG ? 5120 * MIB : 600 * MIB;

let database: TestDatabase;
let folder: string;
let server: ChildProcess;
let url: string;
let token: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sluice-large-'));
  const main = join(import.meta.dirname, '../../../main.ts');
  const env = {
    PATH: process.env.PATH,
    SLUICE_PORT: '0',
    SLUICE_DATA_DIR: folder,
    SLUICE_ADMIN_PASSWORD: 'a long password',
    DATABASE_URL: database.connectionString,
  };
  server = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of server.stdout!.setEncoding('utf8')) {
    url = /ready at (\S+)/.exec(line)?.[1] ?? '';
    if (url) break;
  }
  const login = await post('/api/auth/login', { username: 'admin', password: 'a long password' });
  token = login.token!;
  await post('/api/channels', { name: 'large' });
});
afterAll(async () => {
  const gone = once(server, 'close');
  server.kill();
  await gone;
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

test(
  `an upload of ${size / MIB} MiB grows the server by less than 100 MB`,
  async () => {
    await upload('small', 8 * MIB);
    writeFileSync(`/proc/${server.pid}/clear_refs`, '5');
    const before = memory('VmRSS');
    const { received } = await upload('big', size);
    expect(received).toBeGreaterThan(size);
    expect(memory('VmHWM') - before).toBeLessThan(100e6);
  },
  process.env.LONG ? 1_800_000 : 600_000,
);

async function upload(name: string, bytes: number): Promise<{ received: number }> {
  const { fileName, content } = await streamLargePackage(name, bytes);
  const answer = await fetch(`${url}/api/channels/large/artifacts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'multipart/form-data; boundary=edge' },
    body: form(fileName, content),
    duplex: 'half',
  } as unknown as RequestInit);
  const text = await answer.text();
  expect([answer.status, text]).toEqual([201, expect.any(String)]);
  return { received: JSON.parse(text).size };
}

async function* form(fileName: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`--edge\r\nContent-Disposition: form-data; name="content"; filename="${fileName}"\r\n\r\n`);
  yield* content;
  yield Buffer.from('\r\n--edge--\r\n');
}

async function post(path: string, body: object): Promise<Record<string, string>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, string>;
}

/** A figure of the kernel's about the server, in bytes: what it holds now (`VmRSS`), or held at most (`VmHWM`). */
function memory(figure: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(new RegExp(`${figure}:\\s+(\\d+) kB`).exec(status)![1]) * 1024;
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createOutputFile } from './output-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-output-'));
afterAll(() => rmSync(folder, { recursive: true }));

const head = new Uint8Array(1024).fill(7);
let made = 0;

/** Lengths of what is appended, and of the pieces it is written in; those no disk writes past the cache. */
it.each([
  { lengths: [], piece: 8192 },
  { lengths: [5], piece: 8192 },
  { lengths: [7168], piece: 8192 },
  { lengths: [7169, 1, 30_000, 8192], piece: 8192 },
  { lengths: Array.from({ length: 90 }, (_, i) => i * 101), piece: 4096 },
  { lengths: [5000, 1, 20_000], piece: 1500 },
])('writes $lengths in pieces of $piece behind each other', async ({ lengths, piece }) => {
  const path = join(folder, `${made++}`);
  const file = await createOutputFile(path, head.length, piece);
  const memory = new Uint8Array(40_000);
  const all: Uint8Array[] = [head];
  for (const [i, length] of lengths.entries()) {
    const bytes = memory.subarray(0, length);
    for (let at = 0; at < length; at++) bytes[at] = (i * 31 + at) % 251;
    all.push(new Uint8Array(bytes));
    await file.append(bytes);
  }
  await file.finish(head);
  await file.close();
  expect(readFileSync(path).equals(Buffer.concat(all))).toBe(true);
});

it('leaves alone what is there', async () => {
  await expect(createOutputFile('/dev/null', 0, 4096)).rejects.toMatchObject({ code: 'EEXIST' });
});

import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { carriedLevel, packed } from './pack-lines.ts';

it('packs what comes', async () => {
  expect(zstdDecompressSync(await whole(packed(text(3), carriedLevel))).toString()).toBe('line 0\nline 1\nline 2\n');
});

it('tells whoever reads what failed', async () => {
  await expect(whole(packed(text(2, new Error('gone')), carriedLevel))).rejects.toThrow('gone');
});

it('begins when it is read, and is over when its reader has left', async () => {
  let state = 'not begun';
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      state = 'open';
      for (;;) yield Buffer.from(randomBytes(1000).toString('hex'));
    } finally {
      state = 'over';
    }
  }
  const unread = packed(endless(), carriedLevel);
  await setTimeout(20);
  expect(state).toBe('not begun');
  for await (const _ of unread) {
    expect(state).toBe('open');
    break;
  }
  expect(state).toBe('over');
});

it('may be left early', async () => {
  // An error that nobody hears would end the process, and this test run with it.
  for (let i = 0; i < 20; i++) {
    for await (const _ of packed(text(1), carriedLevel)) break;
    await new Promise(setImmediate);
  }
});

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* text(lines: number, error?: Error): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < lines; i++) yield Buffer.from(`line ${i}\n`);
  if (error) throw error;
}

import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { carriedLevel, packed } from './pack-lines.ts';

it('packs what comes', async () => {
  expect(zstdDecompressSync(await whole(packed(text(3), carriedLevel))).toString()).toBe('line 0\nline 1\nline 2\n');
});

it('tells whoever reads what failed, also before somebody reads', async () => {
  const failing = packed(text(2, new Error('gone')), carriedLevel);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await expect(whole(failing)).rejects.toThrow('gone');
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

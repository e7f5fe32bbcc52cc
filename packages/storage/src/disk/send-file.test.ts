import type { FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createBufferPool } from './buffer-pool.ts';
import { sendFile } from './send-file.ts';

test('a disk that fails while the receiver is slow is told to who sends, and ends no process', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const handle = {
    read: async (into: Buffer, at: number, length: number, position: number) => {
      if (position > 0) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
      into.fill(1, at, at + length);
      return { bytesRead: length };
    },
  };
  const slow = new Writable({ write: (_chunk, _encoding, done) => void sleep(20).then(() => done()) });
  try {
    const sending = sendFile(
      handle as unknown as FileHandle,
      0,
      1_000_000,
      slow as Socket,
      createBufferPool(1 << 20, 1),
    );
    await expect(sending).rejects.toMatchObject({ code: 'storage_io' });
  } finally {
    process.off('unhandledRejection', note);
  }
  expect(unhandled).toEqual([]);
});

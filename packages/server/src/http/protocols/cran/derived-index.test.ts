import { setImmediate as turn } from 'node:timers/promises';
import type { BlobStore } from '@sluice/storage';
import { expect, test } from 'vitest';
import { deriveIndexes } from './derived-index.ts';

test('a store that gives nothing fails the answer alone, and the next one is tried anew', async () => {
  let reads = 0;
  const storage = { read: async () => Promise.reject(new Error(`no store ${++reads}`)) } as unknown as BlobStore;
  const row = {
    sha256: Buffer.alloc(32),
    size: 1,
    pack: null,
    pack_offset: null,
    created_at: new Date(),
    kind: 'document',
    no: 1,
  };
  const names = ['PACKAGES.gz', 'archive.rds', 'current.rds'];
  const rows = new Map(names.map((name) => [`cran:src:contrib/${name}`, { ...row, key: name }]));
  const derive = deriveIndexes(storage);
  const head = { rows, missing: new Set<string>() } as unknown as Parameters<typeof derive>[0];
  for (const first of [1, 4]) {
    await expect(derive(head, 'cran:src:contrib', new Date(0))).rejects.toThrow(`no store ${first}`);
    // Were one of the reads left alone, its failure would end the process.
    await turn();
  }
});

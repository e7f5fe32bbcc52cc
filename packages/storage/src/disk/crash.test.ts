import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseSha256 } from '@sluice/formats/digest';
import { expect, test } from 'vitest';
import { openDiskStore } from './open-disk-store.ts';

/** Commits batches and packs for ever; prints a reference only once the store has acknowledged it. */
const WRITER = `
  import { randomBytes, randomUUID } from 'node:crypto';
  import { openDiskStore } from '${join(import.meta.dirname, 'open-disk-store.ts')}';
  const store = await openDiskStore({ root: process.argv[1], newId: randomUUID, now: Date.now });
  for (;;) {
    const batch = await Promise.all(Array.from({ length: 20 }, async () => {
      const receiving = await store.receive();
      for (let chunk = 0; chunk < 3; chunk++) await receiving.write(randomBytes(20_000));
      await receiving.finish();
      receiving.verified();
      return receiving;
    }));
    for (const { sha256, size } of await store.commitMany(batch)) console.log(JSON.stringify({ sha256, size }));
    for (const { sha256, pack, offset, length } of await store.putPack([randomBytes(500), randomBytes(700)])) {
      console.log(JSON.stringify({ sha256, size: length, pack: { id: pack, offset } }));
    }
  }
`;

test('kill -9 while writing: all that was acknowledged is whole, nothing else is half there', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-crash-'));
  try {
    for (const killAfter of [10, 100, 333]) {
      const writer = spawn(process.execPath, ['--input-type=module', '--eval', WRITER, root], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(writer, 'exit');
      const acknowledged: string[] = [];
      for await (const line of createInterface(writer.stdout)) {
        acknowledged.push(line);
        if (acknowledged.length === killAfter) writer.kill('SIGKILL');
      }
      await exited;

      const store = await openDiskStore({ root, newId: randomUUID, now: Date.now });
      for (const line of acknowledged) {
        const ref = JSON.parse(line);
        expect(sha256Of(await store.read(ref))).toBe(ref.sha256);
      }
      for await (const object of store.list()) {
        if (object.kind === 'blob') expect(sha256Of(await store.read(object))).toBe(object.sha256);
      }
      await store.sweepTemp(0, Date.now() + 60_000);
      expect(await store.sweepTemp(0, Date.now() + 60_000)).toEqual({ files: 0, bytes: 0 });
      await store.close();
    }
  } finally {
    await rm(root, { recursive: true });
  }
});

const sha256Of = (bytes: Uint8Array) => parseSha256(createHash('sha256').update(bytes).digest('hex'));

import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { partBodyAt } from '@sluice/formats/bundle';
import type { BundleDeps } from '../deps.ts';
import { type PartMember, partBody } from './part-body.ts';

/** How a part is written. */
export interface PartWriting {
  path: string;
  /** In the same folder. */
  temporary: string;
  storage: Pick<BundleDeps['storage'], 'readMany' | 'open'>;
  members: AsyncIterable<PartMember>;
  /** Told of bytes as they are written; may throw to end it. */
  onBytes(bytes: number): Promise<void>;
  /** The first kilobyte, once the digest of the rest (hex) and the size of the whole are known. */
  manifest(body: string, bytes: number): Uint8Array;
}

/**
 * Write a part beside its place, sync it once and put it there: it is whole or not there. Every blob is checked against its
 * digest on the way.
 *
 * @returns the digest that its manifest names, and the size of the whole file.
 * @throws {MirrorError} `digest_mismatch` when stored bytes are damaged.
 */
export async function writePart(part: PartWriting): Promise<{ sha256: Uint8Array; bytes: number }> {
  const handle = await open(part.temporary, 'wx');
  try {
    const { sha256, bytes } = await writeBody(handle, part);
    await writeAll(handle, part.manifest(sha256.toString('hex'), bytes), 0);
    await handle.datasync();
    await handle.close();
    await rename(part.temporary, part.path);
    await syncFolder(dirname(part.path));
    return { sha256, bytes };
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(part.temporary, { force: true });
    throw error;
  }
}

/** Hashes a piece while the one before it is written. */
async function writeBody(handle: FileHandle, part: PartWriting): Promise<{ sha256: Buffer; bytes: number }> {
  const digest = createHash('sha256');
  let at = partBodyAt;
  let writing: Promise<void> = Promise.resolve();
  try {
    for await (const piece of partBody(part.storage, part.members)) {
      digest.update(piece);
      await writing;
      writing = writeAll(handle, piece, at);
      // A failure is met by whoever waits next.
      writing.catch(() => {});
      at += piece.length;
      await part.onBytes(piece.length);
    }
  } finally {
    // The handle is not closed under it.
    await writing;
  }
  return { sha256: digest.digest(), bytes: at };
}

/** A disk that is nearly full writes less than it is given; the rest says why. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

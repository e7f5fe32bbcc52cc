import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { partBodyAt } from '@sluice/formats/bundle';
import type { BundleDeps } from '../deps.ts';
import { createOutputFile, type OutputFile } from './output-file.ts';
import { type PartMember, partBody } from './part-body.ts';

/** How a part is written. */
export interface PartWriting {
  path: string;
  /** In the same folder. */
  temporary: string;
  storage: Pick<BundleDeps['storage'], 'readMany' | 'open'>;
  members: AsyncIterable<PartMember>;
  /** How large the file will be. */
  size: number;
  /** Told of bytes as they are written; may throw to end it. */
  onBytes(bytes: number): Promise<void>;
  /** The first kilobyte, once the digest of the rest (hex) and the size of the whole are known. */
  manifest(body: string, bytes: number): Uint8Array;
}

/**
 * Write a part beside its place, sync it and put it there: it is whole or not there. Every blob is checked against its digest on
 * the way.
 *
 * @returns the digest that its manifest names, and the size of the whole file.
 * @throws {MirrorError} `digest_mismatch` when stored bytes are damaged.
 */
export async function writePart(part: PartWriting): Promise<{ sha256: Uint8Array; bytes: number }> {
  const file = await createOutputFile(part.temporary, partBodyAt, pieceBytes(part));
  try {
    const { sha256, bytes } = await writeBody(file, part).finally(file.close);
    await rename(part.temporary, part.path);
    await syncFolder(dirname(part.path));
    return { sha256, bytes };
  } catch (error) {
    await rm(part.temporary, { force: true });
    throw error;
  }
}

/** Of a small part less is read before any of it is hashed and written, and less memory is taken. */
function pieceBytes({ size }: PartWriting): number {
  return size < smallPart ? 1024 * 1024 : 4 * 1024 * 1024;
}

const smallPart = 64 * 1024 * 1024;

/** Hashes a piece while those before it are written. */
async function writeBody(file: OutputFile, part: PartWriting): Promise<{ sha256: Buffer; bytes: number }> {
  const digest = createHash('sha256');
  let bytes = partBodyAt;
  for await (const piece of partBody(part.storage, part.members, pieceBytes(part))) {
    digest.update(piece);
    await file.append(piece);
    bytes += piece.length;
    await part.onBytes(piece.length);
  }
  const sha256 = digest.digest();
  await file.finish(part.manifest(sha256.toString('hex'), bytes));
  return { sha256, bytes };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

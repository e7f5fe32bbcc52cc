import { createHash, type Hash, subtle } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BlobRow } from '@sluice/catalog';
import { partBodyAt, tarEnd, tarHeader, tarPadding } from '@sluice/formats/bundle';
import { MirrorError } from '../../errors.ts';
import { blobRefOf } from '../blob-ref.ts';
import type { BundleDeps } from '../deps.ts';

/** One member of a part. `sha256`: what its bytes must have, hex. */
export interface PartMember {
  name: string;
  sha256: string;
  blob: BlobRow;
}

/** How a part is written. */
export interface PartWriting {
  path: string;
  /** In the same folder. */
  temporary: string;
  storage: Pick<BundleDeps['storage'], 'read' | 'open'>;
  members: AsyncIterable<PartMember>;
  /** Told of bytes as they are written; may throw to end it. */
  onBytes(bytes: number): Promise<void>;
  /** The first kilobyte, once the digest of the rest (hex) and the size of the whole are known. */
  manifest(body: string, bytes: number): Uint8Array;
}

/** Up to this size a blob is read at once, and others while it is hashed. */
const wholeBytes = 4 * 1024 * 1024;
/** Blobs read ahead, and bytes of them. */
const aheadCount = 16;
const aheadBytes = 32 * 1024 * 1024;
/** Bytes handed to the disk at once. */
const writeBytes = 4 * 1024 * 1024;

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
    const body = createHash('sha256');
    const writer = bodyWriter(handle, body, part.onBytes);
    for await (const { member, bytes } of readAhead(part)) {
      await writer.add(tarHeader(member.name, member.blob.size));
      await addChecked(writer, member, bytes);
      await writer.add(new Uint8Array(tarPadding(member.blob.size)));
    }
    await writer.add(tarEnd);
    const bytes = await writer.end();
    const sha256 = body.digest();
    const head = part.manifest(sha256.toString('hex'), bytes);
    await handle.write(head, 0, head.length, 0);
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

interface BodyWriter {
  add(bytes: Uint8Array): Promise<void>;
  /** @returns the size of the file. */
  end(): Promise<number>;
}

/** Hashes what is added and writes it in large pieces, one being written while the next is gathered. */
function bodyWriter(handle: FileHandle, body: Hash, onBytes: PartWriting['onBytes']): BodyWriter {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let at = partBodyAt;
  let writing: Promise<void> = Promise.resolve();

  async function flush(): Promise<void> {
    await writing;
    const [pieces, bytes, position] = [held, heldBytes, at];
    held = [];
    heldBytes = 0;
    at += bytes;
    if (bytes === 0) return;
    writing = writeAll(handle, pieces, position, bytes);
    // A failure is met by whoever waits next.
    writing.catch(() => {});
    await onBytes(bytes);
  }

  return {
    async add(bytes) {
      if (bytes.length === 0) return;
      body.update(bytes);
      held.push(bytes);
      heldBytes += bytes.length;
      if (heldBytes >= writeBytes) await flush();
    },
    async end() {
      await flush();
      await writing;
      return at;
    },
  };
}

async function writeAll(handle: FileHandle, pieces: Uint8Array[], position: number, bytes: number): Promise<void> {
  const { bytesWritten } = await handle.writev(pieces, position);
  if (bytesWritten === bytes) return;
  // A disk that is nearly full writes less; what is left says why.
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  for (let done = 0; done < rest.length; ) {
    const more = await handle.write(rest, done, rest.length - done, position + bytesWritten + done);
    done += more.bytesWritten;
  }
}

async function addChecked(
  writer: BodyWriter,
  { sha256, blob }: PartMember,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  if (bytes instanceof Uint8Array) {
    if (bytes.length !== blob.size) throw damaged(sha256);
    return writer.add(bytes);
  }
  const digest = createHash('sha256');
  let size = 0;
  for await (const chunk of bytes) {
    digest.update(chunk);
    size += chunk.length;
    await writer.add(chunk);
  }
  if (size !== blob.size || digest.digest('hex') !== sha256) throw damaged(sha256);
}

function damaged(sha256: string): MirrorError {
  return new MirrorError(
    'digest_mismatch',
    `The stored blob ${sha256} is damaged: run a deep check (sluice maintenance check --deep) and fetch it again.`,
    { wanted: sha256, found: 'other bytes' },
  );
}

/** A small blob whole. Its digest is computed on a thread, while this one hashes what goes before it. */
async function checkedRead(storage: PartWriting['storage'], { blob, sha256 }: PartMember): Promise<Uint8Array> {
  const bytes = await storage.read(blobRefOf(blob));
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  if (Buffer.from(digest).toString('hex') !== sha256) throw damaged(sha256);
  return bytes;
}

type Read = Uint8Array | AsyncIterable<Uint8Array>;

/** The members with their bytes, small ones being read while those before them are hashed. */
async function* readAhead({
  storage,
  members,
}: PartWriting): AsyncGenerator<{ member: PartMember; bytes: Read }, void, void> {
  const ahead: { member: PartMember; bytes: Promise<Read> }[] = [];
  let bytesAhead = 0;
  async function* drained(most: number): AsyncGenerator<{ member: PartMember; bytes: Read }> {
    while (ahead.length > most || (most > 0 && bytesAhead > aheadBytes)) {
      const { member, bytes } = ahead.shift()!;
      if (member.blob.size <= wholeBytes) bytesAhead -= member.blob.size;
      yield { member, bytes: await bytes };
    }
  }
  for await (const member of members) {
    const ref = blobRefOf(member.blob);
    const isWhole = member.blob.size <= wholeBytes;
    const bytes: Promise<Read> = isWhole ? checkedRead(storage, member) : Promise.resolve(storage.open(ref));
    bytes.catch(() => {});
    ahead.push({ member, bytes });
    if (isWhole) bytesAhead += member.blob.size;
    yield* drained(aheadCount);
  }
  yield* drained(0);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

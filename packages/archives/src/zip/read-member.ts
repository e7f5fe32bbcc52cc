import { crc32 } from 'node:zlib';
import { decodeDeflate } from '../deflate/decode-deflate.ts';
import { ArchiveError } from '../errors.ts';
import { decodeDeflate } from '../gzip/inflate.ts';
import { type RandomAccess, readRange } from '../random-access.ts';
import type { ZipMember } from './read-members.ts';
import { corruptZip } from './zip-errors.ts';

/** The one compression that every reader of zips knows. */
const DEFLATED = 8;

/**
 * The bytes of a member, stored or deflated, its size and checksum verified with the last of them.
 *
 * @param onRead told of every piece of packed bytes, for the budget.
 * @throws {ArchiveError} `truncated`, `corrupt`, `trailing_garbage`, `entry_unsupported` (another compression).
 */
export async function* readMember(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (!member.compressed) return yield* readStoredMember(access, member, onRead);
  if (member.method !== DEFLATED) {
    throw new ArchiveError('entry_unsupported', `"${member.name.slice(0, 200)}" is compressed in a way few can read.`, {
      entry: member.name,
      wanted: 'stored or deflated',
      found: `method ${member.method}`,
    });
  }
  yield* verified(decodeDeflate(packed(access, member, onRead)), member);
}

/** The one compression that every reader of zips knows. */
const DEFLATE = 8;

/**
 * The bytes of a member that is stored, not compressed, its checksum verified with the last of them.
 *
 * @param onRead told of every piece, for the budget.
 * @throws {ArchiveError} `truncated`, `corrupt`.
 */
export function readStoredMember(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  return verified(packed(access, member, onRead), member);
}

async function* packed(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of readRange(access, member.start, member.start + member.compressedSize)) {
    onRead(piece.byteLength);
    yield piece;
  }
}

async function* verified(pieces: AsyncIterable<Uint8Array>, member: ZipMember): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  let read = 0;
  for await (const piece of pieces) {
    checksum = crc32(piece, checksum);
    read += piece.byteLength;
    if (read > member.size) throw corruptZip('more bytes than it says', member.name);
    yield piece;
  }
  if (read < member.size) {
    throw new ArchiveError('truncated', `The file ends inside "${member.name}". Fetch or upload it again.`, {
      entry: member.name,
      wanted: `${member.size} bytes`,
      found: `${read} bytes`,
    });
  }
  if (checksum !== member.crc32) throw corruptZip('a wrong checksum', member.name);
}

/**
 * The bytes of a member that is stored or deflated, its size and checksum verified with the last of them.
 *
 * @param onRead told of every piece read from the zip, for the budget.
 * @throws {ArchiveError} `truncated`, `corrupt`, `trailing_garbage`, `entry_unsupported` (compressed in another way).
 */
export async function* readMember(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (!member.compressed) {
    if (member.compressedSize !== member.size) throw corruptZip('a stored member of two sizes', member.name);
    yield* readStoredMember(access, member, onRead);
    return;
  }
  if (member.method !== DEFLATE) {
    throw new ArchiveError('entry_unsupported', `"${member.name.slice(0, 200)}" is compressed as not every client can read it.`, {
      entry: member.name,
      wanted: 'a member that is stored or deflated',
      found: `method ${member.method}`,
    });
  }
  let checksum = 0;
  let size = 0;
  for await (const piece of decodeDeflate(packed(access, member, onRead), member.name)) {
    checksum = crc32(piece, checksum);
    size += piece.byteLength;
    // Before the rest is decoded: who trusts the size must not be handed more.
    if (size > member.size) break;
    yield piece;
  }
  if (size !== member.size) throw corruptZip('a wrong size', member.name);
  if (checksum !== member.crc32) throw corruptZip('a wrong checksum', member.name);
}

async function* packed(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of readRange(access, member.start, member.start + member.compressedSize)) {
    onRead(piece.byteLength);
    yield piece;
  }
}

import { crc32 } from 'node:zlib';
import { decodeDeflate } from '../deflate/decode-deflate.ts';
import { ArchiveError } from '../errors.ts';
import { type RandomAccess, readRange } from '../random-access.ts';
import type { ZipMember } from './read-members.ts';
import { corruptZip } from './zip-errors.ts';

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
export function readMember(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  if (!member.compressed) return readStoredMember(access, member, onRead);
  if (member.method !== DEFLATE) {
    throw new ArchiveError(
      'entry_unsupported',
      `"${member.name.slice(0, 200)}" is compressed as not every client can read it.`,
      {
        entry: member.name,
        wanted: 'a member that is stored or deflated',
        found: `method ${member.method}`,
      },
    );
  }
  return verified(decodeDeflate(packed(access, member, onRead), member.name), member);
}

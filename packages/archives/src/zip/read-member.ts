import { crc32 } from 'node:zlib';
import { ArchiveError } from '../errors.ts';
import { type RandomAccess, readRange } from '../random-access.ts';
import type { ZipMember } from './read-members.ts';
import { corruptZip } from './zip-errors.ts';

/**
 * The bytes of a member that is stored, not compressed, its checksum verified with the last of them.
 *
 * @param onRead told of every piece, for the budget.
 * @throws {ArchiveError} `truncated`, `corrupt`.
 */
export async function* readStoredMember(
  access: RandomAccess,
  member: ZipMember,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let checksum = 0;
  let read = 0;
  for await (const piece of readRange(access, member.start, member.start + member.size)) {
    checksum = crc32(piece, checksum);
    read += piece.byteLength;
    onRead(piece.byteLength);
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

import { corruptBzip2 } from './corrupt-bzip2.ts';
import type { BlockMemory, DecodedBlock } from './decode-block.ts';

/** Equal bytes after which the next byte is a count of further ones. */
const RUN_BEFORE_COUNT = 4;

/** CRC-32 of bzip2: polynomial 0x04c11db7, most significant bit first. */
const CHECKSUMS = Int32Array.from({ length: 256 }, (_, byte) => {
  let checksum = byte << 24;
  for (let bit = 0; bit < 8; bit++) checksum = checksum < 0 ? (checksum << 1) ^ 0x04c11db7 : checksum << 1;
  return checksum;
});

/**
 * The bytes of a decoded block, runs expanded, in pieces of `into`'s size. Each piece is lent: it is `into` itself, and the next
 * one overwrites it. One block of 900 kB may expand to 46 MB, hence the pieces.
 *
 * @throws {ArchiveError} `corrupt` after the last piece when the checksum is wrong.
 */
export function* expandBlock(memory: BlockMemory, block: DecodedBlock, into: Uint8Array): Generator<Uint8Array> {
  const { links } = memory;
  let place = block.first;
  let checksum = -1;
  let filled = 0;
  let previous = -1;
  let run = 0;
  for (let index = 0; index < block.length; index++) {
    const link = links[place]!;
    const byte = link & 0xff;
    place = link >>> 8;
    if (run < RUN_BEFORE_COUNT) {
      if (byte === previous) run += 1;
      else {
        previous = byte;
        run = 1;
      }
      if (filled === into.length) {
        yield into;
        filled = 0;
      }
      into[filled++] = byte;
      checksum = (checksum << 8) ^ CHECKSUMS[(checksum >>> 24) ^ byte]!;
      continue;
    }
    for (let repeat = 0; repeat < byte; repeat++) {
      if (filled === into.length) {
        yield into;
        filled = 0;
      }
      into[filled++] = previous;
      checksum = (checksum << 8) ^ CHECKSUMS[(checksum >>> 24) ^ previous]!;
    }
    previous = -1;
    run = 0;
  }
  if (filled > 0) yield into.subarray(0, filled);
  if (~checksum !== block.checksum) throw corruptBzip2('a block with a wrong checksum');
}

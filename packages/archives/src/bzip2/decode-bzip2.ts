import { setImmediate } from 'node:timers/promises';
import { ArchiveError } from '../errors.ts';
import { BitReader } from './bit-reader.ts';
import { corruptBzip2 } from './corrupt-bzip2.ts';
import { type BlockMemory, createBlockMemory, decodeBlock } from './decode-block.ts';
import { expandBlock } from './expand-block.ts';

/** "BZh" */
const STREAM_MAGIC = 0x42_5a_68;
/** The first 48 decimal digits of π and of its root, as bzip2 marks a block and the end. */
const BLOCK_MAGIC = [0x31_41_59, 0x26_53_59] as const;
const END_MAGIC = [0x17_72_45, 0x38_50_90] as const;

/**
 * No block is longer than this: 900,001 symbols of at most 20 bits, and well under 100 kB of tables in front. A block is decoded only
 * when that much is at hand or the file has ended, so that it can be decoded in one go.
 */
const MAX_BLOCK_BYTES = 2_350_000;

/** Most packages are small; the window grows for those that are not. */
const FIRST_WINDOW_BYTES = 64 * 1024;

const PIECE_BYTES = 256 * 1024;

/** The memory of a decoding that is over: for small files, making it would take longer than the decoding. */
let spare: BlockMemory | undefined;

/**
 * Decode bzip2, also several streams end to end as parallel encoders write them. Some 11 MB of memory whatever the input.
 * Each piece is lent: it is overwritten when the next one is asked for.
 *
 * Own code: of the npm decoders one needs three times as long and collects blocks in plain arrays, one knows no streaming, and one
 * (WebAssembly) wants the whole file and the size of the result in memory. This one is as fast as the last.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`.
 * @see the format as described with bzip2 1.0.8
 */
export async function* decodeBzip2(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = source[Symbol.asyncIterator]();
  const reader = new BitReader(FIRST_WINDOW_BYTES);
  const piece = new Uint8Array(PIECE_BYTES);
  let exhausted = false;
  let memory = spare;
  spare = undefined;

  async function fill(bytes: number): Promise<void> {
    while (!exhausted && reader.available < bytes) {
      const next = await input.next();
      if (next.done) exhausted = true;
      else reader.append(next.value);
    }
  }

  try {
    for (let streams = 0; ; streams++) {
      await fill(4);
      if (streams > 0 && reader.available === 0) return;
      const blockBytes = readStreamHeader(reader, streams);
      // Kept from stream to stream: a file may be nothing but the shortest of streams, 14 bytes each.
      if (memory?.links.length !== blockBytes) memory = createBlockMemory(blockBytes);
      let combined = 0;
      for (;;) {
        await fill(MAX_BLOCK_BYTES);
        const magic = [reader.read(24), reader.read(24)];
        if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) break;
        if (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1])
          throw corruptBzip2('neither a block nor the end mark');
        const block = decodeBlock(reader, memory);
        combined = ((combined << 1) | (combined >>> 31)) ^ block.checksum;
        yield* expandBlock(memory, block, piece);
        // A block takes some 20 ms: let others have their turn.
        await setImmediate();
      }
      if (reader.read32() !== combined) throw corruptBzip2('a wrong checksum of the whole');
      reader.align();
    }
  } finally {
    spare ??= memory;
    await input.return?.();
  }
}

/** The block size in bytes. */
function readStreamHeader(reader: BitReader, streams: number): number {
  if (reader.available >= 4 && reader.read(24) === STREAM_MAGIC) {
    const level = reader.read(8) - '0'.charCodeAt(0);
    if (level < 1 || level > 9) throw corruptBzip2(`a block size of ${level}`);
    return level * 100_000;
  }
  if (streams > 0) {
    throw new ArchiveError(
      'trailing_garbage',
      'Something follows the bzip2 data. Upload the file as the build tool wrote it.',
      {
        wanted: 'end of file',
        found: 'other bytes',
      },
    );
  }
  throw new ArchiveError('not_an_archive', 'This is no bzip2 data.', { wanted: 'BZh', found: 'other bytes' });
}

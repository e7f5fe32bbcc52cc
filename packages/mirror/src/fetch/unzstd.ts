import { pipeline, Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { MirrorError } from '../errors.ts';

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const rleBlock = 1;

/** Compressed bytes handed over at once. */
const gatheredBytes = 64 * 1024;

/**
 * How the plain bytes come out: some pieces ahead, so that the next are made while one is read. Each is a block of zstd; larger
 * ones malloc would fetch from the system and give back one by one (see MALLOC_MMAP_THRESHOLD_ of `npm start`).
 */
const ahead = { chunkSize: 128 * 1024, readableObjectMode: true, readableHighWaterMark: 8 };

/** Do these first bytes begin a zstd stream? */
export function looksLikeZstd(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
  return magic === frameMagic || isSkippable(magic);
}

/**
 * Decompress a zstd stream of any number of frames. Node's own stream ends, without a word, after the first one, so the
 * frames are told apart here by walking their blocks.
 *
 * Each piece is valid until the next is asked for: its memory goes back then. Left to the engine, it looks through all it holds for
 * every 64 MB.
 *
 * @throws {MirrorError} `upstream_malformed` when it is no zstd, `upstream_unavailable` when it ends inside a frame;
 *   whatever the source throws.
 */
export async function* unzstd(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = createReader(source);
  while (await reader.more()) {
    const magic = word(await reader.take(4));
    if (isSkippable(magic)) {
      for await (const _ of reader.pieces(word(await reader.take(4))));
      continue;
    }
    if (magic !== frameMagic) throw malformed('another beginning');
    yield* decompressed(gathered(frame(reader)));
  }
}

async function* decompressed(compressed: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = pipeline(Readable.from(compressed), createZstdDecompress(ahead), () => {});
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      yield piece;
      // Of a room that is not full more may come.
      const { buffer, byteOffset, byteLength } = piece;
      const isFull = buffer.byteLength === ahead.chunkSize && byteOffset + byteLength === buffer.byteLength;
      if (isFull) (buffer as ArrayBuffer).transfer(0);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code.startsWith('ZSTD_') || code === 'Z_BUF_ERROR') throw malformed(code, error);
    throw error;
  }
}

/** Pieces of some size: each is a trip to another thread, and a frame comes in three bytes and a block of few KiB by turns. */
async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.length;
    if (bytes < gatheredBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  yield Buffer.concat(waiting);
}

/** One frame, its magic included (RFC 8878, section 3.1.1). */
async function* frame(reader: Reader): AsyncGenerator<Uint8Array> {
  const magic = new Uint8Array(4);
  new DataView(magic.buffer).setUint32(0, frameMagic, true);
  yield magic;
  const descriptor = await reader.take(1);
  yield descriptor;
  const flags = descriptor[0]!;
  const singleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3]!;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][flags >> 6]!;
  yield* reader.pieces((singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes);
  for (let last = false; !last; ) {
    const header = await reader.take(3);
    yield header;
    const bits = header[0]! | (header[1]! << 8) | (header[2]! << 16);
    last = (bits & 1) === 1;
    const type = (bits >> 1) & 3;
    yield* reader.pieces(type === rleBlock ? 1 : bits >> 3);
  }
  if (flags & 4) yield* reader.pieces(4);
}

interface Reader {
  more(): Promise<boolean>;
  /** Exactly n bytes, n small. */
  take(n: number): Promise<Uint8Array>;
  /** n bytes as they come. */
  pieces(n: number): AsyncGenerator<Uint8Array>;
}

function createReader(source: AsyncIterable<Uint8Array>): Reader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);

  async function more(): Promise<boolean> {
    while (held.length === 0) {
      const next = await chunks.next();
      if (next.done) return false;
      held = next.value;
    }
    return true;
  }

  async function* pieces(n: number): AsyncGenerator<Uint8Array> {
    for (let left = n; left > 0; ) {
      if (!(await more())) throw cut();
      const piece = held.subarray(0, left);
      held = held.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  return {
    more,
    pieces,
    async take(n) {
      const out = new Uint8Array(n);
      let at = 0;
      for await (const piece of pieces(n)) {
        out.set(piece, at);
        at += piece.length;
      }
      return out;
    },
  };
}

function isSkippable(magic: number): boolean {
  return (magic & 0xfffffff0) >>> 0 === skippableMagic;
}

function word(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

function malformed(found: string, cause?: unknown): MirrorError {
  return new MirrorError('upstream_malformed', 'The compressed document is no sound zstd.', {
    wanted: 'zstd',
    found,
    cause,
  });
}

function cut(): MirrorError {
  return new MirrorError('upstream_unavailable', 'The compressed document ends in the middle.', {
    wanted: 'a whole zstd frame',
    found: 'a part',
    transient: true,
  });
}

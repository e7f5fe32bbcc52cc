import { ArchiveError } from '../errors.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** The low four bits of a skippable frame's magic are free. */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** conda packages are written with `--ultra -22` at most, whose window is 2^27 bytes. */
const MAX_WINDOW_BYTES = 2 ** 27;
/** The longest part that is gathered: window, dictionary and content size of a frame header. */
const MAX_PART_BYTES = 1 + 4 + 8;

/**
 * Cut zstd data at the ends of its frames, without decoding. The pieces end to end are the input.
 *
 * Node's decoder takes the end of a frame inside a chunk for the end of the data and drops the rest unseen, be it another frame
 * or garbage. Cut here, it is never given the chance.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `too_large` (window above 128 MiB).
 * @see RFC 8878 §3.1
 */
export async function* splitFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const walker = createFrameWalker();
  // The beginning of a magic number is kept back until it is known to be one.
  let kept: number[] = [];
  for await (const chunk of source) {
    let from = 0;
    while (from < chunk.byteLength) {
      const to = walker.walk(chunk, from);
      const piece = chunk.subarray(from, to);
      from = to;
      const begun = walker.magicBegun();
      if (begun > 0) {
        const before = piece.subarray(0, -begun);
        kept.push(...piece.subarray(-begun));
        if (before.byteLength > 0) yield before;
      } else {
        if (kept.length > 0) yield Uint8Array.from(kept);
        kept = [];
        yield piece;
      }
    }
  }
  walker.end();
}

/** Walks over bytes that come in any pieces. */
type FrameWalker = {
  /** The end of the frame that goes on at `at`, or of the chunk if that comes first. */
  walk(chunk: Uint8Array, at: number): number;
  /** How many bytes of an unfinished magic number were walked over last. */
  magicBegun(): number;
  /** No more bytes come. @throws {ArchiveError} `truncated`, `not_an_archive`. */
  end(): void;
};

function createFrameWalker(): FrameWalker {
  let state: 'magic' | 'skippable' | 'descriptor' | 'header' | 'block' = 'magic';
  // Magic numbers and headers are gathered in `part` until `wanted` bytes are there; `content` bytes are passed over.
  const part = new Uint8Array(MAX_PART_BYTES);
  let gathered = 0;
  let wanted = 4;
  let content = 0;
  let header: FrameHeader | undefined;
  let frames = 0;

  function expect(next: typeof state, bytes: number): void {
    state = next;
    wanted = bytes;
  }

  function onPart(): void {
    if (state === 'magic') {
      const magic = numberAt(part, 0, 4);
      if (magic === FRAME_MAGIC) expect('descriptor', 1);
      else if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) expect('skippable', 4);
      else throw frames === 0 ? notZstd() : trailingGarbage();
      frames += 1;
    } else if (state === 'skippable') {
      content = numberAt(part, 0, 4);
      expect('magic', 4);
    } else if (state === 'descriptor') {
      header = readDescriptor(part[0]!);
      expect('header', header.bytes);
    } else if (state === 'header') {
      checkWindow(part, header!);
      expect('block', 3);
    } else {
      const block = numberAt(part, 0, 3);
      const kind = (block >>> 1) & 3;
      if (kind === 3) throw corruptZstd('a block of the reserved kind');
      // A block of one repeated byte holds that byte alone, however long it decodes.
      content = kind === 1 ? 1 : block >>> 3;
      if ((block & 1) === 1) {
        content += header!.checksum ? 4 : 0;
        expect('magic', 4);
      }
    }
  }

  return {
    walk(chunk, at) {
      while (at < chunk.byteLength) {
        if (content > 0) {
          const step = Math.min(content, chunk.byteLength - at);
          content -= step;
          at += step;
        } else {
          const step = Math.min(wanted - gathered, chunk.byteLength - at);
          part.set(chunk.subarray(at, at + step), gathered);
          gathered += step;
          at += step;
          if (gathered < wanted) continue;
          gathered = 0;
          onPart();
        }
        if (state === 'magic' && content === 0 && gathered === 0) break;
      }
      return at;
    },
    magicBegun: () => (state === 'magic' && content === 0 ? gathered : 0),
    end() {
      if (state === 'magic' && content === 0 && gathered === 0 && frames > 0) return;
      if (frames === 0) throw notZstd();
      throw new ArchiveError('truncated', 'The zstd data ends before it is complete. Fetch or upload the file again.', {
        wanted: 'more zstd data',
        found: 'end of data',
      });
    },
  };
}

/** A frame header once its first byte is read. `bytes` is the length of the rest; never 0. */
type FrameHeader = {
  readonly bytes: number;
  readonly singleSegment: boolean;
  readonly contentSizeAt: number;
  readonly contentSizeBytes: number;
  readonly checksum: boolean;
};

function readDescriptor(descriptor: number): FrameHeader {
  if ((descriptor & 0x08) !== 0) throw corruptZstd('a frame header with its reserved bit set');
  if ((descriptor & 0x03) !== 0) throw corruptZstd('a dictionary that is not here');
  const singleSegment = (descriptor & 0x20) !== 0;
  const contentSizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  const contentSizeAt = singleSegment ? 0 : 1;
  return {
    bytes: contentSizeAt + contentSizeBytes,
    singleSegment,
    contentSizeAt,
    contentSizeBytes,
    checksum: (descriptor & 0x04) !== 0,
  };
}

/** The decoder must hold a window in memory: that of the header, or the whole content of a frame in one segment. */
function checkWindow(part: Uint8Array, { singleSegment, contentSizeAt, contentSizeBytes }: FrameHeader): void {
  const exponent = part[0]! >>> 3;
  const mantissa = part[0]! & 7;
  const window = singleSegment
    ? numberAt(part, contentSizeAt, contentSizeBytes)
    : 2 ** (10 + exponent) * (1 + mantissa / 8);
  if (window <= MAX_WINDOW_BYTES) return;
  throw new ArchiveError(
    'too_large',
    'Decoding the zstd data needs too much memory. Compress it with a smaller window.',
    {
      wanted: `a window of at most ${MAX_WINDOW_BYTES} bytes`,
      found: `${window} bytes`,
    },
  );
}

function numberAt(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + bytes[at + index]!;
  return value;
}

function notZstd(): ArchiveError {
  return new ArchiveError('not_an_archive', 'This is no zstd data.', { wanted: 'a zstd frame', found: 'other bytes' });
}

function trailingGarbage(): ArchiveError {
  return new ArchiveError(
    'trailing_garbage',
    'Something follows the zstd data. Upload the file as the build tool wrote it.',
    {
      wanted: 'end of data',
      found: 'other bytes',
    },
  );
}

/** Bytes that no zstd encoder writes. `found` says what is wrong with them. */
export function corruptZstd(found: string, cause?: unknown): ArchiveError {
  return new ArchiveError('corrupt', `The zstd data is damaged: ${found}. Fetch or upload the file again.`, {
    wanted: 'valid zstd data',
    found,
    cause,
  });
}

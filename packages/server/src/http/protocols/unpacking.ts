import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { unavailable } from '../explain-error.ts';
import type { Rewrite } from './answer.ts';

/** Sends zstd files unpacked, to many clients at once, without taking the process for itself. */
export interface Unpacking {
  /**
   * Get ready to send what is packed in a zstd file, as `rewrite` says it. The function it gives does that, and ends the
   * answer; it must be called.
   *
   * @throws {ServerError} `unavailable` when too many are being sent already.
   */
  open(
    packed: AsyncIterable<Uint8Array>,
    rewrite?: ReturnType<Rewrite['begin']>,
  ): (response: ServerResponse) => Promise<void>;
}

/** Small enough for others to have their turn soon. */
const pieceBytes = 16 * 1024;

/**
 * @param atOnce threads that unpack at a time; the system has four for this and for reading files. A client has one only
 *   while it is given its next piece, so slow ones keep nobody waiting.
 * @param clients that may be under way; each holds the window of its file, some megabytes.
 * @param patience_ms with a client that takes nothing: then it is cut, or a few of them would keep everybody out.
 */
export function createUnpacking({ atOnce = 2, clients = 32, patience_ms = 60_000 } = {}): Unpacking {
  const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
  let turns = 0;
  let underWay = 0;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const lane = turns++ % atOnce;
    const turn = lanes[lane]!.then(work);
    lanes[lane] = turn.catch(() => {});
    return turn;
  }

  return {
    open(packed, rewrite) {
      if (underWay >= clients) {
        throw unavailable('Too many clients are being sent this unpacked; ask for the .zst file, or try again.');
      }
      underWay += 1;
      return async (response) => {
        response.setTimeout(patience_ms, () => response.destroy());
        try {
          const pieces = unpacked(packed, inTurn);
          await sendEach(rewrite ? rewriting(pieces, rewrite) : pieces, response);
        } finally {
          underWay -= 1;
        }
      };
    },
  };
}

/** Send pieces. Each has left the process when the next is asked for: until then it belongs to who sends it. */
async function sendEach(pieces: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  let give = (_: Error): void => {};
  const gone = () => give(Object.assign(new Error('The client went away.'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }));
  response.once('close', gone);
  for await (const piece of pieces) {
    await new Promise<void>((resolve, reject) => {
      give = reject;
      if (response.destroyed) gone();
      else response.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  response.end();
}

async function* rewriting(
  pieces: AsyncIterable<Uint8Array>,
  rewrite: ReturnType<Rewrite['begin']>,
): AsyncIterable<Uint8Array> {
  for await (const piece of pieces) {
    const said = rewrite.push(piece);
    if (said.byteLength > 0) yield said;
    release(said);
  }
  yield rewrite.end();
}

/**
 * Give memory back now that holds nothing else. Left to the collector, what is sent to some clients would first come to 64 MB
 * and more: it goes by the number of objects, and these are few.
 */
function release({ buffer }: Uint8Array): void {
  (buffer as ArrayBuffer).transfer(0);
}

async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): AsyncIterable<Uint8Array> {
  const unpack = createZstdDecompress({ chunkSize: 128 * 1024 });
  let parts: Uint8Array[] = [];
  let sent: Uint8Array | undefined;
  function* taken() {
    const all = parts;
    parts = [];
    for (const part of all) {
      // Parts follow each other in one memory until it is full.
      if (sent && sent.buffer !== part.buffer) release(sent);
      yield part;
      sent = part;
    }
  }
  unpack.on('data', (part: Uint8Array) => parts.push(part));
  // Also the only one to hear of a broken file: zlib does not call back for the piece it finds that in.
  const ended = once(unpack, 'end');
  ended.catch(() => {});
  try {
    for await (const chunk of packed) {
      for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
        await inTurn(() => Promise.race([written(unpack, chunk.subarray(at, at + pieceBytes)), ended]));
        yield* taken();
      }
    }
    unpack.end();
    await ended;
    yield* taken();
  } finally {
    unpack.destroy();
  }
}

function written(unpack: ZstdDecompress, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    unpack.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}

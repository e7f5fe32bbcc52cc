import type { Transform } from 'node:stream';

/** Bytes that a codec is handed at once: each time costs a trip to a thread and back. */
const roomBytes = 1 << 20;

/** While a codec is at one room the next lie ready, so that it need not wait. */
const mostRooms = 3;

/**
 * What comes out of `codec` for chunks of about `bytes` in sum. Each is done with when the next is asked for, so whoever makes them may
 * use their memory again. The reader is told of all that fails, and may stop at any time.
 *
 * The codec is only told of the end when nothing of it waits: else zlib ends a zstd frame twice, with an empty one behind.
 */
export function through<Codec extends Transform>(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  codec: Codec,
  bytes: number,
): Codec {
  // The reader has listeners of its own, once there is one.
  codec.on('error', () => {});
  feed(chunks, codec, Math.min(roomBytes, Math.max(bytes, 1))).then(
    () => codec.end(),
    (error: Error) => codec.destroy(error),
  );
  return codec;
}

/** A piece of memory that chunks are copied into. */
interface Room {
  bytes: Uint8Array;
  used: number;
  /** Whether the codec is done with it. */
  free: Promise<void>;
}

async function feed(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  codec: Transform,
  size: number,
): Promise<void> {
  const rooms: Room[] = [];
  let turn = 0;

  /** The room to be filled, as soon as it is free. */
  async function room(): Promise<Room> {
    rooms[turn] ??= { bytes: Buffer.allocUnsafeSlow(size), used: 0, free: Promise.resolve() };
    await rooms[turn]!.free;
    return rooms[turn]!;
  }

  function handOver(full: Room): void {
    full.free = taken(codec, full.bytes.subarray(0, full.used));
    // Whoever waits for it is told, if anybody does.
    full.free.catch(() => {});
    full.used = 0;
    turn = (turn + 1) % mostRooms;
  }

  let open = await room();
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + size - open.used);
      open.bytes.set(part, open.used);
      open.used += part.byteLength;
      at += part.byteLength;
      if (open.used < size) continue;
      handOver(open);
      open = await room();
    }
  }
  if (open.used > 0) handOver(open);
  for (const { free } of rooms) await free;
}

/** Wait until a codec has taken bytes in. What it was at when it failed or was given up it never answers. */
function taken(codec: Transform, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(codec.errored ?? new Error('The stream was closed.'));
    codec.once('close', closed);
    codec.write(bytes, (error) => {
      codec.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });
}

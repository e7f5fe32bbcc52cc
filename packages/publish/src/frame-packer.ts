import { constants, createZstdCompress } from 'node:zlib';
import { frameRoom } from './one-frame.ts';

/** Makes the frames of `oneFrame` on other threads. */
export interface FramePacker {
  /** As one zstd frame that states its unpacked size. Several may be asked for at once. */
  pack(bytes: Uint8Array): Promise<Buffer>;
  /** What is still being packed fails. */
  close(): void;
}

/** As many as a turn of the event loop hands over: each takes its next bytes on the turn after it is done. */
const mostStreams = 4;

/** A block of zstd. What fits into one becomes the same bytes whatever was packed before it. */
const block_bytes = 1 << 17;

/** Room for what comes out, shared by many frames. */
const room_bytes = 1 << 18;

/** The streams live as long as the packer: to set up zstd takes longer than to pack a usual shard. */
export function openFramePacker(): FramePacker {
  const streams: FrameStream[] = [];
  let next = 0;
  return {
    pack(bytes) {
      const packed = bytes.byteLength > block_bytes ? packAlone(bytes) : nextStream().pack(bytes);
      // Whoever fails elsewhere closes, and waits for none of what was begun.
      packed.catch(() => {});
      return packed;
    },
    close() {
      for (const stream of streams) stream.close();
    },
  };

  function nextStream(): FrameStream {
    const place = next++ % mostStreams;
    streams[place] ??= openStream(room_bytes);
    return streams[place];
  }
}

type FrameStream = FramePacker;

/** A stream in which every write is a frame of its own, which states its size since all of it is known when it begins. */
function openStream(chunkSize: number): FrameStream {
  const stream = createZstdCompress({ flush: constants.ZSTD_e_end, chunkSize });
  let pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => void pieces.push(piece));
  // What the stream was at when it failed it never answers.
  const waiting = new Set<(error: Error) => void>();
  stream.on('error', (error) => {
    for (const fail of waiting) fail(error);
  });
  return {
    pack: (bytes) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        stream.write(bytes, (error) => {
          waiting.delete(reject);
          if (error || stream.destroyed) return reject(error ?? new Error('The packer was closed.'));
          const [frame, more] = pieces;
          pieces = [];
          // Behind what fills the room to its last byte an empty frame is written. That one is made again, with more room.
          if (!frame || more) return resolve(packAlone(bytes));
          // Copied: it lies in the room that it shares.
          resolve(Buffer.from(frame));
        });
      }),
    close: () => void stream.destroy(),
  };
}

async function packAlone(bytes: Uint8Array): Promise<Buffer> {
  const stream = openStream(frameRoom(bytes.byteLength));
  try {
    return await stream.pack(bytes);
  } finally {
    stream.close();
  }
}

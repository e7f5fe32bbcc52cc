import { constants, createZstdCompress } from 'node:zlib';
import { type FrameStream, frameStream, streamsInTurn } from './frame-stream.ts';
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
  const streams = streamsInTurn(mostStreams, () => openStream(room_bytes));
  return {
    pack(bytes) {
      const packed = bytes.byteLength > block_bytes ? packAlone(bytes) : packWith(streams.next(), bytes);
      // Whoever fails elsewhere closes, and waits for none of what was begun.
      packed.catch(() => {});
      return packed;
    },
    close: streams.close,
  };
}

/** A stream in which every write is a frame of its own, which states its size since all of it is known when it begins. */
function openStream(chunkSize: number): FrameStream {
  return frameStream(createZstdCompress({ flush: constants.ZSTD_e_end, chunkSize }));
}

async function packWith(stream: FrameStream, bytes: Uint8Array): Promise<Buffer> {
  const [frame, more] = await stream.through(bytes);
  // Behind what fills the room to its last byte an empty frame is written. That one is made again, with more room.
  if (!frame || more) return packAlone(bytes);
  // Copied: it lies in the room that it shares.
  return Buffer.from(frame);
}

async function packAlone(bytes: Uint8Array): Promise<Buffer> {
  const stream = openStream(frameRoom(bytes.byteLength));
  try {
    return await packWith(stream, bytes);
  } finally {
    stream.close();
  }
}

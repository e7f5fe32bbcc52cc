import { createZstdDecompress } from 'node:zlib';
import { frameStream, streamsInTurn } from './frame-stream.ts';

/** Reads zstd frames on other threads. */
export interface FrameOpener {
  /**
   * What one frame holds. Several may be asked for at once.
   *
   * @throws what zlib says of bytes that are none; the others that are being opened may fail with it.
   */
  open(frame: Uint8Array): Promise<Uint8Array>;
  /** What is still being opened fails. */
  close(): void;
}

/** One goes on while the other waits for its turn. */
const mostStreams = 2;

/** Room for what comes out, shared by many frames. */
const room_bytes = 1 << 20;

/** The streams live as long as the opener: to set up zstd takes longer than to open a usual shard. */
export function openFrameOpener(): FrameOpener {
  const streams = streamsInTurn(mostStreams, () => frameStream(createZstdDecompress({ chunkSize: room_bytes })));
  return {
    open(frame) {
      const opened = streams.next().through(frame).then(whole);
      // Whoever fails elsewhere closes, and waits for none of what was begun.
      opened.catch(() => {});
      return opened;
    },
    close: streams.close,
  };
}

function whole(pieces: Buffer[]): Buffer {
  const [first, more] = pieces;
  return first && !more ? first : Buffer.concat(pieces);
}

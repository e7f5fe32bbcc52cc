import { createZstdDecompress } from 'node:zlib';

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
  const streams: FrameOpener[] = [];
  let next = 0;
  return {
    open(frame) {
      const place = next++ % mostStreams;
      streams[place] ??= openStream();
      const opened = streams[place].open(frame);
      // Whoever fails elsewhere closes, and waits for none of what was begun.
      opened.catch(() => {});
      return opened;
    },
    close() {
      for (const stream of streams) stream.close();
    },
  };
}

function openStream(): FrameOpener {
  const stream = createZstdDecompress({ chunkSize: room_bytes });
  let pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => void pieces.push(piece));
  // What the stream was at when it failed it never answers.
  const waiting = new Set<(error: Error) => void>();
  stream.on('error', (error) => {
    for (const fail of waiting) fail(error);
  });
  return {
    open: (frame) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        stream.write(frame, (error) => {
          waiting.delete(reject);
          if (error || stream.destroyed) return reject(error ?? new Error('The opener was closed.'));
          const [whole, more] = pieces;
          resolve(whole && !more ? whole : Buffer.concat(pieces));
          pieces = [];
        });
      }),
    close: () => void stream.destroy(),
  };
}

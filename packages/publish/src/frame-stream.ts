import type { Transform } from 'node:stream';

/** A codec in which every write is one frame or becomes one. */
export interface FrameStream {
  /**
   * What came out for one write, which may lie in room that other writes share. Several may be under way at once.
   *
   * @throws what the codec says; what else is under way fails with it.
   */
  through(bytes: Uint8Array): Promise<Buffer[]>;
  /** What is still under way fails. */
  close(): void;
}

/** Take a codec over. */
export function frameStream(codec: Transform): FrameStream {
  let pieces: Buffer[] = [];
  codec.on('data', (piece: Buffer) => void pieces.push(piece));
  // What the stream was at when it failed it never answers.
  const waiting = new Set<(error: Error) => void>();
  codec.on('error', (error) => {
    for (const fail of waiting) fail(error);
  });
  return {
    through: (bytes) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        codec.write(bytes, (error) => {
          waiting.delete(reject);
          if (error || codec.destroyed) return reject(error ?? new Error('The stream was closed.'));
          resolve(pieces);
          pieces = [];
        });
      }),
    close: () => void codec.destroy(),
  };
}

/** Streams that take turns, each made when it is first needed: they live as long as whoever has them. */
export function streamsInTurn(most: number, open: () => FrameStream): { next(): FrameStream; close(): void } {
  const streams: FrameStream[] = [];
  let turn = 0;
  return {
    next() {
      const place = turn++ % most;
      streams[place] ??= open();
      return streams[place];
    },
    close() {
      for (const stream of streams) stream.close();
    },
  };
}

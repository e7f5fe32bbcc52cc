/** Takes the bytes of one file. They are lent: copy what is kept. */
export type ContentSink = { write(piece: Uint8Array): void; end(): void };

/**
 * A sink that keeps all of one file.
 *
 * @param size in bytes, as the entry says; the caller has bounded it.
 * @param use is given the whole, once it is there.
 */
export function gatherContent(size: number, use: (content: Buffer) => void): ContentSink {
  const content = Buffer.alloc(size);
  let filled = 0;
  return {
    write(piece) {
      content.set(piece, filled);
      filled += piece.byteLength;
    },
    end: () => use(content),
  };
}

/** A document that comes in pieces, of which one lies at hand. Positions are bytes from its beginning. */
export interface PieceAtHand {
  /** Where the piece ends. */
  end(): number;
  /** What lies from `from` to before `to`, both within the piece. Nobody writes to it any more. */
  part(from: number, to: number): Uint8Array;
  /** The byte there; undefined outside of the piece. */
  byteAt(position: number): number | undefined;
  /** The same as a text, of characters of one byte. */
  text(from: number, to: number): string;
  /** The first place from `from` on where `byte` stands; -1 when it does not in this piece. */
  find(byte: number, from: number): number;
  /** Go on to the next piece, with what this one has from `from` on before it. @returns false when there is none. */
  next(from: number): Promise<boolean>;
  /** Let go of the document. */
  close(): Promise<void>;
}

/** Begin before the first piece. */
export function pieceAtHand(pieces: AsyncIterable<Uint8Array>): PieceAtHand {
  const iterator = pieces[Symbol.asyncIterator]();
  let bytes = Buffer.alloc(0);
  let at = 0;
  return {
    end: () => at + bytes.length,
    part: (from, to) => bytes.subarray(from - at, to - at),
    byteAt: (position) => bytes[position - at],
    text: (from, to) => bytes.toString('latin1', from - at, to - at),
    find(byte, from) {
      const index = bytes.indexOf(byte, from - at);
      return index < 0 ? -1 : at + index;
    },
    async next(from) {
      // Mostly nothing, or what there is of a file name. Copied, since the piece is done with then.
      const rest = Buffer.from(bytes.subarray(Math.min(bytes.length, from - at)));
      const behind = at + bytes.length;
      const { value, done } = await iterator.next();
      if (done) return false;
      at = behind - rest.length;
      bytes = rest.length > 0 ? Buffer.concat([rest, value]) : asBuffer(value);
      return true;
    },
    async close() {
      await iterator.return?.();
    },
  };
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

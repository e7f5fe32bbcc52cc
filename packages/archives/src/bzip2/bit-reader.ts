import { ArchiveError } from '../errors.ts';

/**
 * Bits, most significant first, over a window of bytes that is refilled between blocks.
 *
 * A class with open fields because the symbol loop of decode-block.ts takes them into local variables: a call a symbol halves its speed.
 */
export class BitReader {
  window: Uint8Array;
  /** Next byte of the window to take. */
  position = 0;
  /** End of the bytes that are there. */
  end = 0;
  /** Bits taken from the window and not yet read: the low `count` bits of `bits`. */
  bits = 0;
  count = 0;

  constructor(capacity: number) {
    this.window = new Uint8Array(capacity);
  }

  /** Whole bytes that can still be read. */
  get available(): number {
    return this.end - this.position + (this.count >> 3);
  }

  /** Put bytes behind those that are there. */
  append(chunk: Uint8Array): void {
    if (this.end + chunk.byteLength > this.window.byteLength) {
      this.window.copyWithin(0, this.position, this.end);
      this.end -= this.position;
      this.position = 0;
    }
    if (this.end + chunk.byteLength > this.window.byteLength) {
      const larger = new Uint8Array(Math.max(this.window.byteLength * 2, this.end + chunk.byteLength));
      larger.set(this.window.subarray(0, this.end));
      this.window = larger;
    }
    this.window.set(chunk, this.end);
    this.end += chunk.byteLength;
  }

  /** The next `length` ≤ 24 bits. @throws {ArchiveError} `truncated`. */
  read(length: number): number {
    while (this.count < length) {
      if (this.position >= this.end) throw endedEarly();
      this.bits = (this.bits << 8) | this.window[this.position++]!;
      this.count += 8;
    }
    this.count -= length;
    return (this.bits >>> this.count) & ((1 << length) - 1);
  }

  /** The next 32 bits, signed. @throws {ArchiveError} `truncated`. */
  read32(): number {
    return (this.read(16) << 16) | this.read(16);
  }

  /** Go on to the next whole byte. */
  align(): void {
    this.count -= this.count & 7;
  }
}

/** The bytes ended inside a block or before the end mark. */
export function endedEarly(): ArchiveError {
  return new ArchiveError('truncated', 'The bzip2 data ends before it is complete. Fetch or upload the file again.', {
    wanted: 'more bzip2 data',
    found: 'end of file',
  });
}

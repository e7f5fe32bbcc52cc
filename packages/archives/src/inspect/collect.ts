import { type Budget, tooLarge } from '../limits.ts';

/**
 * The bytes of one file of a package, all of them.
 *
 * @param size as the container says it.
 * @throws {ArchiveError} `too_large` beyond `most` bytes, before anything is read.
 */
export async function collect(
  pieces: AsyncIterable<Uint8Array>,
  entry: string,
  size: number,
  most: number,
  budget: Budget,
): Promise<Buffer> {
  if (size > most) throw tooLarge(`"${entry.slice(0, 200)}"`, most, `${size} bytes`, entry);
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) {
    budget.decoded(piece.byteLength);
    parts.push(Uint8Array.from(piece));
  }
  return Buffer.concat(parts);
}

import { MirrorError } from '../errors.ts';

/** Read a small answer whole. @throws {MirrorError} `upstream_malformed` when it is larger than `most` bytes. */
export async function readBounded(body: AsyncIterable<Uint8Array>, most: number, url: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    parts.push(part);
    length += part.length;
    if (length > most) {
      throw new MirrorError('upstream_malformed', `${url} has more than ${most} bytes.`, {
        wanted: `at most ${most} bytes`,
        found: 'more',
      });
    }
  }
  return Buffer.concat(parts);
}

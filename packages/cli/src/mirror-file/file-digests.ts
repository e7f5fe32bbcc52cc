import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Md5, parseMd5, parseSha256, type Sha256 } from '@sluice/formats/digest';

/** The digests of a file, and its size in bytes; read once. */
export async function digestsOf(path: string): Promise<{ md5: Md5; sha256: Sha256; size: number }> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    md5.update(chunk);
    sha256.update(chunk);
    size += chunk.byteLength;
  }
  return { md5: parseMd5(md5.digest('hex')), sha256: parseSha256(sha256.digest('hex')), size };
}

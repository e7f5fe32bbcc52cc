import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';

const compress = promisify(zstdCompress);

/** A document of moderate size as one zstd frame. */
export function packDocument(text: string | Uint8Array): Promise<Uint8Array> {
  const level = text.length <= 256 * 1024 ? 16 : 3;
  return compress(text, { params: { [constants.ZSTD_c_compressionLevel]: level } });
}

import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';

const compress = promisify(zstdCompress);

/** A document of moderate size as one zstd frame, which states its unpacked size: the door answers with it. */
export function packDocument(text: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const level = bytes.byteLength <= 256 * 1024 ? 16 : 3;
  return compress(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: bytes.byteLength,
  });
}

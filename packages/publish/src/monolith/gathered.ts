import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { through, type Unpacked } from '@sluice/storage';

/** A document whose size is only known at its end, kept small until then. */
export interface Gathered {
  add(chunk: Uint8Array): void;
  /** Wait until what was added is packed. */
  settle(): Promise<void>;
  /** All of it, once. */
  end(): Promise<Unpacked>;
}

/** Up to so many bytes it lies in memory as it is. */
const plainUpTo = 1 << 20;

/** Bytes that come out of a stream at once, and that may wait on either side, so that both sides work at the same time. */
const room = { chunkSize: 1 << 18, readableHighWaterMark: 1 << 20, writableHighWaterMark: 1 << 20 };

/** Gather chunks: a few as they are, many compressed, off this thread. */
export function gathered(): Gathered {
  const plain: Uint8Array[] = [];
  const packed: Uint8Array[] = [];
  let bytes = 0;
  let compress: ReturnType<typeof createZstdCompress> | undefined;

  function begin() {
    const stream = createZstdCompress({ ...room, params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    stream.on('data', (chunk: Uint8Array) => packed.push(chunk));
    return stream;
  }

  async function settle(): Promise<void> {
    if (bytes <= plainUpTo && !compress) return;
    compress ??= begin();
    for (const chunk of plain.splice(0)) if (!compress.write(chunk)) await once(compress, 'drain');
  }

  return {
    add(chunk) {
      bytes += chunk.byteLength;
      plain.push(chunk);
    },
    settle,
    async end() {
      await settle();
      if (!compress) return { chunks: plain, bytes };
      const done = finished(compress);
      compress.end();
      await done;
      return { chunks: through(packed, createZstdDecompress(room), bytes), bytes };
    },
  };
}

import { encodeUtf8Into } from '../utf8.ts';

/** Gathers small texts and byte strings into large chunks. */
export interface ByteChunks {
  add(part: string | Uint8Array): void;
  /** Emit what is left. */
  flush(): void;
}

/** Enough that a chunk costs nothing beside its content, small enough to have many in flight. */
const chunkBytes = 256 * 1024;

/** Chunks of 256 KiB, the last one shorter. Each is handed over for good: it is never written again. */
export function createByteChunks(emit: (chunk: Uint8Array) => void): ByteChunks {
  let chunk = new Uint8Array(chunkBytes);
  let used = 0;

  function flush(): void {
    if (used === 0) return;
    emit(chunk.subarray(0, used));
    chunk = new Uint8Array(chunkBytes);
    used = 0;
  }

  function addText(text: string): void {
    for (let rest = text; rest !== ''; ) {
      const { read, written } = encodeUtf8Into(rest, chunk.subarray(used));
      used += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      flush();
    }
  }

  function addBytes(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const part = bytes.subarray(from, from + chunkBytes - used);
      chunk.set(part, used);
      used += part.length;
      from += part.length;
      if (used === chunkBytes) flush();
    }
  }

  return {
    add: (part) => (typeof part === 'string' ? addText(part) : addBytes(part)),
    flush,
  };
}

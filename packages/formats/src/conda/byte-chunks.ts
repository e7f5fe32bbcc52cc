import { encodeUtf8Into } from '../utf8.ts';

/** Gathers small texts and byte strings into large chunks. */
export interface ByteChunks {
  add(part: string | Uint8Array): void;
  /** Bytes of a larger buffer, from `at` to before `end`. */
  addFrom(bytes: Uint8Array, at: number, end: number): void;
  /** Bytes that nobody writes to any more: many are handed on where they lie. */
  pass(bytes: Uint8Array): void;
  /** How many bytes were added in all. */
  size(): number;
  /** Emit what is left. */
  flush(): void;
}

/** Enough that a chunk costs nothing beside its content, small enough to have many in flight. */
const chunkBytes = 256 * 1024;

/** Up to so many bytes a loop is quicker than a view. */
const shortBytes = 128;

/** From so many bytes on a chunk of its own costs less than copying them. */
const manyBytes = 64 * 1024;

/**
 * Chunks of 256 KiB, the last one shorter, and so is one before bytes that are passed on. Each is handed over for good: it is never
 * written again.
 */
export function createByteChunks(emit: (chunk: Uint8Array) => void): ByteChunks {
  let chunk = new Uint8Array(chunkBytes);
  let begin = 0;
  let used = 0;
  let emitted = 0;

  function flush(): void {
    if (used === begin) return;
    emit(chunk.subarray(begin, used));
    emitted += used - begin;
    begin = used;
    if (used === chunkBytes) renew();
  }

  function renew(): void {
    chunk = new Uint8Array(chunkBytes);
    begin = 0;
    used = 0;
  }

  function addText(text: string): void {
    for (let rest = text; rest !== ''; ) {
      const { read, written } = encodeUtf8Into(rest, chunk.subarray(used));
      used += written;
      if (read === rest.length) return;
      rest = rest.slice(read);
      flush();
      // What is left of the chunk may be less than a character takes.
      if (used > 0) renew();
    }
  }

  function addFrom(bytes: Uint8Array, at: number, end: number): void {
    // Byte by byte what is short: a view and a call cost more than copying a file name.
    if (end - at <= shortBytes && end - at <= chunkBytes - used) {
      for (let i = at; i < end; i++) chunk[used++] = bytes[i]!;
      if (used === chunkBytes) flush();
      return;
    }
    for (let from = at; from < end; ) {
      const part = bytes.subarray(from, Math.min(end, from + chunkBytes - used));
      chunk.set(part, used);
      used += part.length;
      from += part.length;
      if (used === chunkBytes) flush();
    }
  }

  return {
    add: (part) => (typeof part === 'string' ? addText(part) : addFrom(part, 0, part.length)),
    addFrom,
    pass(bytes) {
      if (bytes.length < manyBytes) return addFrom(bytes, 0, bytes.length);
      flush();
      emit(bytes);
      emitted += bytes.length;
    },
    size: () => emitted + used - begin,
    flush,
  };
}

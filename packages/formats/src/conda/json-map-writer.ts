import { excerpt, FormatError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { createByteChunks } from './byte-chunks.ts';

/** Writes a JSON document whose bulk is maps from file name to a value that is text already. */
export interface JsonMapWriter {
  /** Text between the maps. */
  raw(text: string): void;
  /** How many bytes were written. */
  size(): number;
  /** Begin a map under `key`. */
  open(key: string): void;
  /**
   * One member of the open map, its value copied as it is.
   *
   * @throws {FormatError} `repodata_order` unless `key` sorts behind the last one: equal content must give equal bytes.
   */
  entry(key: string, value: string | Uint8Array): void;
  /**
   * The same where both lie in `bytes`: without a text or a view for each of hundreds of thousands. The key is of characters
   * that need no escape, as a package's file name is. One map is written by one of the two.
   *
   * @throws {FormatError} `repodata_order`.
   */
  entryFrom(bytes: Uint8Array, key: ByteSpan, value: ByteSpan): void;
  /**
   * Begin members of the open map whose text follows by `copy`, the first under `key`.
   *
   * @throws {FormatError} `repodata_order`.
   */
  members(key: string): void;
  /** More of their text as it is, which nobody writes to any more; no comma at the beginning of it all, nor at the end. */
  copy(text: Uint8Array): void;
  close(): void;
  /** Emit what is left. */
  flush(): void;
}

/** Where something lies in a buffer: from `at` to before `end`. */
export interface ByteSpan {
  at: number;
  end: number;
}

/** A writer that emits chunks of 256 KiB, the last one shorter. */
export function createJsonMapWriter(emit: (chunk: Uint8Array) => void): JsonMapWriter {
  const chunks = createByteChunks(emit);
  let last: string | undefined;
  let lastBytes = new Uint8Array(256);
  let lastLength = -1;

  function follows(bytes: Uint8Array, { at, end }: ByteSpan): boolean {
    const length = Math.min(lastLength, end - at);
    for (let i = 0; i < length; i++) if (bytes[at + i] !== lastBytes[i]) return bytes[at + i]! > lastBytes[i]!;
    return end - at > lastLength;
  }

  function remember(bytes: Uint8Array, { at, end }: ByteSpan): void {
    lastLength = end - at;
    if (lastLength > lastBytes.length) lastBytes = new Uint8Array(lastLength * 2);
    for (let i = 0; i < lastLength; i++) lastBytes[i] = bytes[at + i]!;
  }

  function follow(key: string): void {
    if (last !== undefined && key <= last) throw unsorted(last, key);
  }

  return {
    raw: chunks.add,
    size: chunks.size,
    open(key) {
      last = undefined;
      lastLength = -1;
      chunks.add(`${JSON.stringify(key)}:{`);
    },
    entry(key, value) {
      follow(key);
      chunks.add(`${last === undefined ? '' : ','}${JSON.stringify(key)}:`);
      chunks.add(value);
      last = key;
    },
    entryFrom(bytes, key, value) {
      if (!follows(bytes, key)) {
        throw unsorted(decodeUtf8(lastBytes.subarray(0, lastLength)), decodeUtf8(bytes.subarray(key.at, key.end)));
      }
      chunks.addFrom(lastLength < 0 ? before : between, 0, lastLength < 0 ? before.length : between.length);
      chunks.addFrom(bytes, key.at, key.end);
      chunks.addFrom(behind, 0, behind.length);
      chunks.addFrom(bytes, value.at, value.end);
      remember(bytes, key);
    },
    members(key) {
      follow(key);
      if (last !== undefined) chunks.add(',');
      last = key;
    },
    copy: chunks.pass,
    close: () => chunks.add('}'),
    flush: chunks.flush,
  };
}

/** Around a key: in front of the first, of any other, and behind it. */
const [before, between, behind] = [encodeUtf8('"'), encodeUtf8(',"'), encodeUtf8('":')];

function unsorted(last: string, key: string): FormatError {
  return new FormatError('repodata_order', 'Entries of an index must come sorted, each once: sort them by file name.', {
    wanted: `a file name after ${excerpt(last)}`,
    found: excerpt(key),
  });
}

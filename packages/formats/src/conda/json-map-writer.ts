import { excerpt, FormatError } from '../errors.ts';
import { createByteChunks } from './byte-chunks.ts';

/** Writes a JSON document whose bulk is maps from file name to a value that is text already. */
export interface JsonMapWriter {
  /** Text between the maps. */
  raw(text: string): void;
  /** Begin a map under `key`. */
  open(key: string): void;
  /**
   * One member of the open map, its value copied as it is.
   *
   * @throws {FormatError} `repodata_order` unless `key` sorts behind the last one: equal content must give equal bytes.
   */
  entry(key: string, value: string | Uint8Array): void;
  close(): void;
  /** Emit what is left. */
  flush(): void;
}

/** A writer that emits chunks of 256 KiB, the last one shorter. */
export function createJsonMapWriter(emit: (chunk: Uint8Array) => void): JsonMapWriter {
  const chunks = createByteChunks(emit);
  let last: string | undefined;
  return {
    raw: chunks.add,
    open(key) {
      last = undefined;
      chunks.add(`${JSON.stringify(key)}:{`);
    },
    entry(key, value) {
      if (last !== undefined && key <= last) {
        throw new FormatError(
          'repodata_order',
          'Entries of an index must come sorted, each once: sort them by file name.',
          {
            wanted: `a file name after ${excerpt(last)}`,
            found: excerpt(key),
          },
        );
      }
      chunks.add(`${last === undefined ? '' : ','}${JSON.stringify(key)}:`);
      chunks.add(value);
      last = key;
    },
    close: () => chunks.add('}'),
    flush: chunks.flush,
  };
}

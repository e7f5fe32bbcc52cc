import { FormatError } from '../errors.ts';
import { encodeUtf8 } from '../utf8.ts';
import { writeJson } from './json.ts';
import { createJsonMapWriter } from './json-map-writer.ts';
import type { RunExports } from './run-exports.ts';

/** The maps of run_exports.json, in its order. */
export type RunExportsMap = 'packages' | 'packages.conda';

/** A run_exports.json in the making: `.tar.bz2` files, then `.conda` files, sorted in each, then the end. */
export interface RunExportsWriter {
  /**
   * @param runExports `{}` for a file that exports nothing: every file of the index is listed. A text, which must be that of
   *   a JSON object, is copied as it is.
   * @throws {FormatError} `repodata_order` when a file does not sort behind the one before it.
   */
  entry(map: RunExportsMap, fn: string, runExports: RunExports | Uint8Array): void;
  /**
   * Begin entries as another document lists them one after the other, the first being `fn`: their text follows by `copy`.
   *
   * @throws {FormatError} `repodata_order`.
   */
  entries(map: RunExportsMap, fn: string): void;
  /** More text of these entries as it is, which nobody writes to any more; no comma at the beginning of it all, nor at the end. */
  copy(text: Uint8Array): void;
  /** How many bytes the document has so far. */
  size(): number;
  end(): void;
}

/**
 * Write a subdir's run_exports.json as chunks of bytes, as conda-index does.
 *
 * @see CEP 12 https://conda.org/learn/ceps/cep-0012
 */
export function createRunExportsWriter(subdir: string, emit: (chunk: Uint8Array) => void): RunExportsWriter {
  const out = createJsonMapWriter(emit);
  let inConda = false;
  // The CEP's text has version 0; readers ignore it and conda-index writes 1.
  out.raw(`{"info":${writeJson({ subdir, version: 1 })},`);
  out.open('packages');

  function toConda(): void {
    inConda = true;
    out.close();
    out.raw(',');
    out.open('packages.conda');
  }

  function reach(map: RunExportsMap): void {
    if (map === 'packages.conda' && !inConda) toConda();
    if (map === 'packages.conda' || !inConda) return;
    throw new FormatError('repodata_order', 'The .tar.bz2 files of run_exports.json come before the .conda files.', {
      wanted: 'packages.conda',
      found: map,
    });
  }

  return {
    entry(map, fn, runExports) {
      reach(map);
      if (runExports instanceof Uint8Array) out.entry(fn, wrapped(runExports));
      else out.entry(fn, writeJson({ run_exports: { ...runExports } }));
    },
    entries(map, fn) {
      reach(map);
      out.members(fn);
    },
    copy: out.copy,
    size: out.size,
    end() {
      if (!inConda) toConda();
      out.close();
      out.raw('}');
      out.flush();
    },
  };
}

/** What a member's value takes whose run exports are a text of so many bytes. */
export function runExportsValueBytes(text: number): number {
  return before.length + text + 1;
}

const before = encodeUtf8('{"run_exports":');

function wrapped(text: Uint8Array): Uint8Array {
  const value = new Uint8Array(before.length + text.length + 1);
  value.set(before);
  value.set(text, before.length);
  value[value.length - 1] = 0x7d;
  return value;
}

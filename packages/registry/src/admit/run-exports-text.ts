import type { CondaInspection } from '@sluice/archives';
import { type JsonValue, parseRunExports, toRunExports, writeJson } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';

const member = 'info/run_exports.json';

/** The run exports of a package as a record keeps them; `{}` when it has none, null when what it has cannot be read. */
export function runExportsOfPackage({
  texts,
  unreadable,
}: Pick<CondaInspection, 'texts' | 'unreadable'>): Uint8Array | null {
  if (unreadable.includes(member)) return null;
  const text = texts.get(member);
  return tolerant(() => (text === undefined ? {} : parseRunExports(text)));
}

/** The run exports that an index lists, as a record keeps them; null when they cannot be read. */
export function runExportsOfIndex(value: JsonValue): Uint8Array | null {
  return tolerant(() => toRunExports(value));
}

const encoder = new TextEncoder();

function tolerant(read: () => ReturnType<typeof toRunExports>): Uint8Array | null {
  try {
    return encoder.encode(writeJson(read()));
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

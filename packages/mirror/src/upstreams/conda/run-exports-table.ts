import { MirrorError } from '../../errors.ts';
import { fileNumbers } from './file-numbers.ts';

/** Run exports by file name: some 20 bytes a file, and each text once, since builds of one version mostly export the same. */
export interface RunExportsTable {
  /**
   * @param text null when what stands there cannot be read; the file is then as if it were not listed.
   * @throws {MirrorError} `upstream_malformed` when there are more different texts than memory is to hold.
   */
  add(file: string, text: Uint8Array | null): void;
  /** Null when the file is not listed. */
  of(file: string): Uint8Array | null;
}

/** Different texts and their bytes: ten times what the largest upstream has. */
const mostOfAll = { texts: 1_000_000, bytes: 128 * 1024 * 1024 };

/** An empty table. */
export function runExportsTable(most = mostOfAll): RunExportsTable {
  const texts: Uint8Array[] = [];
  const ids = new Map<string, number>();
  const textOf = fileNumbers();
  let bytes = 0;

  return {
    add(file, text) {
      if (text === null) return;
      const key = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString();
      let id = ids.get(key);
      if (id === undefined) {
        bytes += text.byteLength;
        if (texts.length === most.texts || bytes > most.bytes) throw tooMany(most.texts);
        id = texts.push(text);
        ids.set(key, id);
      }
      textOf.set(file, id);
    },
    of(file) {
      return texts[textOf.get(file) - 1] ?? null;
    },
  };
}

function tooMany(texts: number): MirrorError {
  return new MirrorError('upstream_malformed', 'The run_exports.json has more different run exports than any has.', {
    wanted: `at most ${texts}`,
    found: 'more',
  });
}

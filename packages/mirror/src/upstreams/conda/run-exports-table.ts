import { textHash } from '@sluice/policy';
import { MirrorError } from '../../errors.ts';

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

/** An empty table. Files are told by 64-bit hashes of their names. */
export function runExportsTable(most = mostOfAll): RunExportsTable {
  const texts: Uint8Array[] = [];
  const ids = new Map<string, number>();
  const scratch = new Uint8Array(4096);
  const encoder = new TextEncoder();
  let mask = 1023;
  let keys = new Uint32Array((mask + 1) * 2);
  // Which text, counted from 1; 0 is a free place.
  let values = new Uint32Array(mask + 1);
  let used = 0;
  let bytes = 0;

  function place(a: number, b: number): number {
    let at = a & mask;
    while (values[at] !== 0 && (keys[at * 2] !== a || keys[at * 2 + 1] !== b)) at = (at + 1) & mask;
    return at;
  }

  function put(a: number, b: number, value: number): void {
    const at = place(a, b);
    if (values[at] === 0) used++;
    keys[at * 2] = a;
    keys[at * 2 + 1] = b;
    values[at] = value;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    mask = mask * 2 + 1;
    keys = new Uint32Array((mask + 1) * 2);
    values = new Uint32Array(mask + 1);
    used = 0;
    oldValues.forEach((value, at) => {
      if (value !== 0) put(oldKeys[at * 2]!, oldKeys[at * 2 + 1]!, value);
    });
  }

  function hashOf(file: string): [number, number] {
    const { written } = encoder.encodeInto(file, scratch);
    return textHash(scratch.subarray(0, written));
  }

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
      if (used * 4 >= mask * 3) grow();
      const [a, b] = hashOf(file);
      put(a, b, id);
    },
    of(file) {
      const [a, b] = hashOf(file);
      const value = values[place(a, b)]!;
      return value === 0 ? null : texts[value - 1]!;
    },
  };
}

function tooMany(texts: number): MirrorError {
  return new MirrorError('upstream_malformed', 'The run_exports.json has more different run exports than any has.', {
    wanted: `at most ${texts}`,
    found: 'more',
  });
}

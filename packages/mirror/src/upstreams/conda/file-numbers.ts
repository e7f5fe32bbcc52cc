import { textHash } from '@sluice/policy';

/** A number by file name, in some 20 bytes a file. Files are told by 64-bit hashes of their names. */
export interface FileNumbers {
  /** @param value from 1 on. */
  set(file: string, value: number): void;
  /** 0 when the file has none. */
  get(file: string): number;
}

/** An empty table. */
export function fileNumbers(): FileNumbers {
  const scratch = new Uint8Array(4096);
  const encoder = new TextEncoder();
  let mask = 1023;
  let keys = new Uint32Array((mask + 1) * 2);
  // 0 is a free place.
  let values = new Uint32Array(mask + 1);
  let used = 0;

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
    set(file, value) {
      if (used * 4 >= mask * 3) grow();
      const [a, b] = hashOf(file);
      put(a, b, value);
    },
    get(file) {
      const [a, b] = hashOf(file);
      return values[place(a, b)]!;
    },
  };
}

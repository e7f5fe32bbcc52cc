import type { PackedTexts } from './packed-texts.ts';

/** Build strings, one a file. Hardly any comes twice, but nearly each is the end of a conda file's name, and is read there. */
export interface BuildTexts {
  /** One a row: 0 where the build is read in the file name, else one more than its place in `words`. */
  readonly ids: Uint32Array;
  readonly words: readonly string[];
  at(i: number): string;
}

const endings = ['.conda', '.tar.bz2'];

/** The builds of files with these names. */
export function buildTexts(files: PackedTexts, ids: Uint32Array, words: readonly string[]): BuildTexts {
  return {
    ids,
    words,
    at(i) {
      const id = ids[i]!;
      return id === 0 ? buildIn(files.at(i))! : words[id - 1]!;
    },
  };
}

/** What stands between the last hyphen and the ending of a conda file's name; undefined in any other. */
export function buildIn(file: string): string | undefined {
  const ending = endings.find((one) => file.endsWith(one));
  const hyphen = file.lastIndexOf('-');
  return ending === undefined || hyphen < 0 ? undefined : file.slice(hyphen + 1, -ending.length);
}

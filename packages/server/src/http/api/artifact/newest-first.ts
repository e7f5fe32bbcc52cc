import { packageTypeOf, type ShardFile } from '@sluice/formats/package';
import { type FamilyFile, type FamilyWords, wordsOfType } from './family.ts';

/** The files of a package of one family as a channel's head shows them. */
export interface ShownPackage {
  words: FamilyWords;
  newest: FamilyFile;
  /** In no order. */
  files: FamilyFile[];
}

/** What shards of one package name show, a package for each family that has it. */
export function shownPackages(
  shards: readonly { subdir: string; files: readonly Pick<ShardFile, 'file' | 'record'>[] }[],
): ShownPackage[] {
  const types = Map.groupBy(shards, ({ subdir }) => packageTypeOf(subdir));
  return [...types].flatMap(([type, ofType]) => {
    const words = wordsOfType(type);
    const files = ofType.flatMap(({ subdir: part, files: listed }) =>
      listed.map(({ file, record }) => ({ part, file, record })),
    );
    const compare = newerFirst(words);
    const [first, ...others] = files;
    if (!first) return [];
    const newest = others.reduce((best, file) => (compare(file, best) < 0 ? file : best), first);
    return [{ words, newest, files }];
  });
}

/** The files of a package, the newest version first. */
export function newestFirst({ words, files }: ShownPackage): FamilyFile[] {
  return files.toSorted(newerFirst(words));
}

function newerFirst(words: FamilyWords): (a: FamilyFile, b: FamilyFile) => number {
  const compare = words.comparison();
  return (a, b) => compare(b, a) || compareText(a.part, b.part) || compareText(a.file, b.file);
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

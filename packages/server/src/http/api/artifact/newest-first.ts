import { packageTypeOf, type ShardFile } from '@sluice/formats/package';
import { type FamilyFile, type FamilyWords, wordsOfType } from './family.ts';

/** The files of a package of one family as a channel's head shows them, the newest version first. */
export interface ShownPackage {
  words: FamilyWords;
  files: FamilyFile[];
}

/** What shards of one package name show, a package for each family that has it. */
export function newestFirst(shards: readonly { subdir: string; files: readonly ShardFile[] }[]): ShownPackage[] {
  const types = Map.groupBy(shards, ({ subdir }) => packageTypeOf(subdir));
  return [...types].flatMap(([type, ofType]) => {
    const words = wordsOfType(type);
    const files = ofType.flatMap(({ subdir: part, files: listed }) =>
      listed.map(({ file, record }) => ({ part, file, record })),
    );
    const compare = words.comparison();
    files.sort((a, b) => compare(b, a) || compareText(a.part, b.part) || compareText(a.file, b.file));
    return files.length === 0 ? [] : [{ words, files }];
  });
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

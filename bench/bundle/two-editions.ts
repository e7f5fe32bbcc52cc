import { copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Editions } from '../mirror/packages.ts';

/** A conda channel in a folder that shows one of two editions, between which one file in a hundred differs. */
export interface TwoEditions {
  folder: string;
  /** Digests in hex by the file names it lists now. */
  files(): ReadonlyMap<string, string>;
  /** Show the other one. */
  turn(): void;
}

/** All files of both editions lie there; the index says which are listed. */
export function twoEditions({ first, next, firstFiles, nextFiles }: Editions, folder: string): TwoEditions {
  const subdir = path.join(folder, 'linux-64');
  mkdirSync(subdir, { recursive: true });
  const [one, other] = [path.join(first[0]!, 'linux-64'), path.join(next[0]!, 'linux-64')];
  for (const from of [one, other]) {
    for (const file of readdirSync(from).filter((name) => name.endsWith('.conda'))) {
      linkOrCopy(path.join(from, file), path.join(subdir, file));
    }
  }
  let isFirst = false;
  const turn = () => {
    isFirst = !isFirst;
    copyFileSync(path.join(isFirst ? one : other, 'repodata.json.zst'), path.join(subdir, 'repodata.json.zst'));
  };
  turn();
  return { folder, turn, files: () => (isFirst ? firstFiles : nextFiles) };
}

/** A copy where the two are not on one file system. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

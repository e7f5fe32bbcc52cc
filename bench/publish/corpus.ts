import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { type CorpusParams, packageOptions } from './package-options.ts';

/** A bare folder of packages, kept from run to run. */
export interface Corpus {
  /** With linux-64 and an empty noarch; not to be written to. */
  readonly folder: string;
  readonly files: readonly string[];
  readonly bytes: number;
}

/** More packages than the corpus has, to be added one by one. */
export interface SparePackage {
  readonly fileName: string;
  readonly bytes: Buffer;
}

/** Make the corpus below `cache`, or find it made. */
export async function makeCorpus(params: CorpusParams, cache: string, log: (line: string) => void): Promise<Corpus> {
  const key = createHash('sha256').update(readFileSync(path.join(import.meta.dirname, 'package-options.ts')));
  const folder = path.join(cache, `packages-${params.files}-${params.seed}-${key.digest('hex').slice(0, 8)}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    for (const subdir of ['linux-64', 'noarch']) mkdirSync(path.join(making, subdir), { recursive: true });
    const options = packageOptions(params);
    for (let index = 0; index < params.files; index++) {
      const { fileName, bytes } = await buildCondaPackage(options(index));
      writeFileSync(path.join(making, 'linux-64', fileName), bytes);
      if (index % 2000 === 1999) log(`made ${index + 1} of ${params.files} packages`);
    }
    renameSync(making, folder);
  }
  const files = readdirSync(path.join(folder, 'linux-64'));
  // Read once, so that whoever comes first does not wait for the disk.
  let bytes = 0;
  for (const file of files) bytes += readFileSync(path.join(folder, 'linux-64', file)).length;
  return { folder, files, bytes };
}

/** Packages of names that are in the corpus, and in versions that are not. */
export async function makeSpares(params: CorpusParams, count: number): Promise<SparePackage[]> {
  const options = packageOptions(params);
  const spares: SparePackage[] = [];
  for (let at = 0; at < count; at++) {
    const like = options((at * 977) % params.files);
    const made = await buildCondaPackage({ ...like, version: `9.${at}.0`, format: 'conda' });
    spares.push({ fileName: made.fileName, bytes: made.bytes });
  }
  return spares;
}

/** A folder of its own for somebody who writes into it: every package is a link. */
export function linkCorpus({ folder, files }: Corpus, to: string): string {
  rmSync(to, { recursive: true, force: true });
  for (const subdir of ['linux-64', 'noarch']) mkdirSync(path.join(to, subdir), { recursive: true });
  for (const file of files) linkOrCopy(path.join(folder, 'linux-64', file), path.join(to, 'linux-64', file));
  return to;
}

/** A copy where the two are not on one file system. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

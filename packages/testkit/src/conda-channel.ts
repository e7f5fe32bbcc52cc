import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';

const packages = path.join(import.meta.dirname, '../fixtures/conda');
const index = path.join(import.meta.dirname, '../testdata/conda-index');

/** The subdirs of the 47 real packages. */
export const condaSubdirs = ['linux-64', 'noarch', 'osx-64', 'win-32', 'win-64'] as const;

/** Make a folder of the 47 real packages, `<subdir>/<file>`, without any index. */
export function writeCondaPackages(folder: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(packages, folder, { recursive: true });
}

/** Make a whole upstream channel: the 47 real packages with the `repodata.json` and `.zst` that conda-index wrote. */
export function writeCondaChannel(folder: string): void {
  writeCondaPackages(folder);
  for (const subdir of condaSubdirs) {
    for (const document of ['repodata.json', 'run_exports.json'] as const) {
      const text = readCondaIndex(subdir, document);
      writeFileSync(path.join(folder, subdir, document), text);
      writeFileSync(path.join(folder, subdir, `${document}.zst`), zstdCompressSync(text));
    }
  }
}

/** A document as conda-index wrote it for the 47 packages. */
export function readCondaIndex(subdir: string, document: 'repodata.json' | 'run_exports.json'): Buffer {
  return readFileSync(path.join(index, subdir, document));
}

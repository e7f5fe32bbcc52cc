import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import type { BuiltPackage } from './conda-package.ts';

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

/** Write built packages into a subdir's folder, with `repodata.json`, `run_exports.json` and the `.zst` of both. Packages export themselves. */
export function writeCondaSubdir(folder: string, packages: readonly BuiltPackage[]): void {
  mkdirSync(folder, { recursive: true });
  const records: Record<string, Record<string, object>> = { packages: {}, 'packages.conda': {} };
  const runExports: typeof records = { packages: {}, 'packages.conda': {} };
  for (const { fileName, bytes, index } of packages) {
    writeFileSync(path.join(folder, fileName), bytes);
    const isConda = fileName.endsWith('.conda');
    const map = isConda ? 'packages.conda' : 'packages';
    const digests = { md5: digest('md5', bytes), sha256: digest('sha256', bytes), size: bytes.length };
    records[map]![fileName] = { ...index, ...digests };
    if (isConda) runExports[map]![fileName] = { run_exports: { weak: [index.name] } };
  }
  for (const [name, document] of Object.entries({ repodata: records, run_exports: runExports })) {
    const text = JSON.stringify({ info: { subdir: path.basename(folder) }, ...document });
    writeFileSync(path.join(folder, `${name}.json`), text);
    writeFileSync(path.join(folder, `${name}.json.zst`), zstdCompressSync(text));
  }
}

function digest(algorithm: 'md5' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeArchiveRds, writeCurrentRds } from '@sluice/formats/cran';
import { buildTar, buildZip, type TarItem } from './conda-package.ts';

/** What to build; all but the name has a default. `fields` win over what the others make; `undefined` leaves one out. */
export type RPackageOptions = {
  readonly name: string;
  readonly version?: string;
  readonly license?: string;
  readonly imports?: string;
  readonly depends?: string;
  readonly fields?: Record<string, string | undefined>;
  /** Files below the package's folder, `R/code.R`. */
  readonly files?: Record<string, string>;
  /** `tar.gz` is a source package, the others are binaries for R 4.5. */
  readonly format?: 'tar.gz' | 'zip' | 'tgz';
};

/** A built package under the name R CMD build gives it, and its paragraph as an index has it. */
export type BuiltRPackage = {
  readonly fileName: string;
  readonly bytes: Buffer;
  /** Of DESCRIPTION. */
  readonly fields: ReadonlyMap<string, string>;
  /** The paragraph of PACKAGES. */
  readonly paragraph: string;
};

/** Build a small R package in memory that R can install: it has one function, `hello()`. The same options give the same bytes. */
export async function buildRPackage(options: RPackageOptions): Promise<BuiltRPackage> {
  const { name, version = '1.0', license = 'MIT', format = 'tar.gz' } = options;
  const made: Record<string, string | undefined> = {
    Package: name,
    Version: version,
    Title: 'A Package',
    Description: 'Made for a test.',
    Author: 'Nobody',
    Maintainer: 'Nobody <nobody@example.org>',
    License: license,
    Depends: options.depends,
    Imports: options.imports,
    NeedsCompilation: 'no',
    Built: format === 'tar.gz' ? undefined : 'R 4.5.0; ; 2026-01-02 03:04:05 UTC; windows',
    ...options.fields,
  };
  const fields = new Map(Object.entries(made).filter((field): field is [string, string] => field[1] !== undefined));
  const files: Record<string, string> = {
    DESCRIPTION: [...fields].map(([key, value]) => `${key}: ${value}\n`).join(''),
    NAMESPACE: 'export(hello)\n',
    'R/hello.R': `hello <- function() "${name} ${version}"\n`,
    ...options.files,
  };
  const bytes = await pack(name, files, format);
  return { fileName: `${name}_${version}.${format}`, bytes, fields, paragraph: paragraphOf(fields, bytes) };
}

/** When files of a tree came into it, in seconds since 1970. */
const cranTime = 1_750_000_000;

/**
 * Make one tree of a CRAN-like repository in `folder`, in place of what is there: PACKAGES and PACKAGES.gz with those files
 * that are the newest (the last given of a name), the others under Archive/, and in Meta/ when each came.
 *
 * @param withdrawn names of which all is in the archive.
 */
export function buildCranTree(
  folder: string,
  packages: readonly BuiltRPackage[],
  { withdrawn = [] }: { withdrawn?: readonly string[] } = {},
): void {
  rmSync(folder, { recursive: true, force: true });
  const current = new Map(packages.map((built) => [built.fields.get('Package')!, built]));
  for (const name of withdrawn) current.delete(name);
  for (const built of packages) {
    const name = built.fields.get('Package')!;
    const isCurrent = current.get(name) === built;
    const place = path.join(folder, isCurrent ? '.' : `Archive/${name}`, built.fileName);
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(place, built.bytes);
  }
  const text = [...current.values()].map((built) => built.paragraph).join('\n');
  writeTimes(folder, packages, new Set(current.values()));
  writeFileSync(path.join(folder, 'PACKAGES'), text);
  writeFileSync(path.join(folder, 'PACKAGES.gz'), gzipSync(text));
}

function writeTimes(folder: string, packages: readonly BuiltRPackage[], current: ReadonlySet<BuiltRPackage>): void {
  const timesOf = ({ fields, fileName, bytes }: BuiltRPackage, i: number) => ({
    name: fields.get('Package')!,
    path: `${fields.get('Package')}/${fileName}`,
    fileName,
    size: bytes.length,
    mtime: cranTime + i * 86_400,
  });
  const all = packages.map((built, i) => ({ ...timesOf(built, i), isCurrent: current.has(built) }));
  const archived = Map.groupBy(
    all.filter(({ isCurrent }) => !isCurrent),
    ({ name }) => name,
  );
  const listed = all.filter(({ isCurrent }) => isCurrent).map((one) => ({ ...one, path: one.fileName }));
  mkdirSync(path.join(folder, 'Meta'), { recursive: true });
  writeFileSync(path.join(folder, 'Meta/archive.rds'), gzipSync(writeArchiveRds([...archived])));
  writeFileSync(path.join(folder, 'Meta/current.rds'), gzipSync(writeCurrentRds(listed)));
}

async function pack(name: string, files: Record<string, string>, format: 'tar.gz' | 'zip' | 'tgz'): Promise<Buffer> {
  const entries = Object.entries(files);
  if (format === 'zip') {
    return buildZip(entries.map(([file, content]) => ({ name: `${name}/${file}`, content, compress: true })));
  }
  const items: TarItem[] = entries.map(([file, content]) => ({ path: `${name}/${file}`, content }));
  return gzipSync(await buildTar([{ path: `${name}/`, type: 'directory' }, ...items]));
}

const indexed = ['Package', 'Version', 'Depends', 'Imports', 'License', 'MD5sum', 'NeedsCompilation', 'Built'];

function paragraphOf(fields: ReadonlyMap<string, string>, bytes: Buffer): string {
  const all = new Map([...fields, ['MD5sum', createHash('md5').update(bytes).digest('hex')]]);
  return indexed.flatMap((key) => (all.has(key) ? [`${key}: ${all.get(key)}\n`] : [])).join('');
}

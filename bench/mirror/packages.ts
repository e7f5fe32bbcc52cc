import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { type BuiltPackage, buildCondaPackage } from '@sluice/testkit';
import { hexWords, randomOf } from '../synthetic/random.ts';

/** Which packages to invent. */
export interface PackageParams {
  readonly files: number;
  readonly seed: number;
}

/** A conda channel of many packages, and its next edition, in which one in a hundred has given way to a newer one. */
export interface Editions {
  /** Served in this order: the second holds what the first lacks. */
  readonly first: readonly string[];
  readonly next: readonly string[];
  /** Digests in hex by file name. */
  readonly firstFiles: ReadonlyMap<string, string>;
  readonly nextFiles: ReadonlyMap<string, string>;
  /** Of the first edition. */
  readonly bytes: number;
}

const smallest_bytes = 10_000;
const largest_bytes = 200_000;

/** Make both editions below `cache`, or find them made. */
export async function makeEditions(params: PackageParams, cache: string): Promise<Editions> {
  const key = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 8);
  const folder = path.join(cache, `mirror-${params.files}-${params.seed}-${key}`);
  if (!existsSync(folder)) {
    const making = `${folder}.${process.pid}`;
    await make(params, making);
    renameSync(making, folder);
  }
  const [first, next] = [path.join(folder, 'first'), path.join(folder, 'next')];
  const all = digestsOf(first);
  const fresh = digestsOf(next);
  const gone = new Set(readFileSync(path.join(folder, 'gone'), 'utf8').split('\n'));
  return {
    first: [first],
    next: [next, first],
    firstFiles: all.digests,
    nextFiles: new Map([...all.digests].filter(([file]) => !gone.has(file)).concat([...fresh.digests])),
    bytes: all.bytes,
  };
}

async function make({ files, seed }: PackageParams, folder: string): Promise<void> {
  for (const edition of ['first', 'next']) mkdirSync(path.join(folder, edition, 'linux-64'), { recursive: true });
  const records = new Map<string, object>();
  const add = async (edition: string, index: number, version: string) => {
    const { fileName, bytes, index: said } = await onePackage(seed, index, version);
    writeFileSync(path.join(folder, edition, 'linux-64', fileName), bytes);
    records.set(fileName, recordOf(said, bytes));
    return fileName;
  };
  const names: string[] = [];
  for (let index = 0; index < files; index++) names.push(await add('first', index, `1.${index % 10}.0`));
  writeRepodata(path.join(folder, 'first'), records);
  const gone = names.filter((_, index) => index % 100 === 0);
  for (const name of gone) records.delete(name);
  for (let index = 0; index < files; index += 100) await add('next', index, '9.0.0');
  writeRepodata(path.join(folder, 'next'), records);
  writeFileSync(path.join(folder, 'gone'), gone.join('\n'));
}

function onePackage(seed: number, index: number, version: string): Promise<BuiltPackage> {
  const random = randomOf(seed, version === '9.0.0' ? 31 : 30, index);
  const length = smallest_bytes + random.below(largest_bytes - smallest_bytes);
  return buildCondaPackage({
    name: `package-${Math.floor(index / 10)}`,
    version,
    build: `h${hexWords(random, 1).slice(0, 7)}_0`,
    subdir: 'linux-64',
    depends: ['python >=3.10'],
    license: 'MIT',
    timestamp: Date.UTC(2024, 0, 1) + index * 1000,
    files: { 'lib/data.bin': Buffer.from(hexWords(random, Math.ceil(length / 4)), 'hex').subarray(0, length) },
  });
}

function recordOf(index: object, bytes: Uint8Array): object {
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return { ...index, md5: digest('md5'), sha256: digest('sha256'), size: bytes.length };
}

function writeRepodata(folder: string, records: ReadonlyMap<string, object>): void {
  const text = JSON.stringify({
    info: { subdir: 'linux-64' },
    packages: {},
    'packages.conda': Object.fromEntries(records),
    repodata_version: 1,
  });
  writeFileSync(path.join(folder, 'linux-64', 'repodata.json.zst'), zstdCompressSync(text));
}

function digestsOf(folder: string): { digests: Map<string, string>; bytes: number } {
  const digests = new Map<string, string>();
  let bytes = 0;
  for (const file of readdirSync(path.join(folder, 'linux-64'))) {
    if (!file.endsWith('.conda')) continue;
    const content = readFileSync(path.join(folder, 'linux-64', file));
    digests.set(file, createHash('sha256').update(content).digest('hex'));
    bytes += content.length;
  }
  return { digests, bytes };
}

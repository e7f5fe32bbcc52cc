import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import {
  createDcfScanner,
  type DcfFields,
  parseDcf,
  type RFileTimes,
  readFileTimes,
  writeArchiveRds,
  writeCurrentRds,
  writePackages,
  writePackagesRds,
} from '@sluice/formats/cran';
import { type BlobStore, blobRef } from '@sluice/storage';
import type { Documents } from '../conda/documents.ts';
import type { IndexFile } from './cran-path.ts';
import { type PastTree, treeBefore } from './past-tree.ts';

/** The index files of a tree as bytes. */
type IndexFiles = Record<IndexFile, Buffer>;

/** Makes the index of a tree of sources for a time before the first publication, of the documents of the head. */
export type DeriveIndex = (head: Documents, part: string, instant: Date) => Promise<IndexFiles>;

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

/** So many are remembered: each of CRAN's size has 15 MB, and clients ask for all forms of one. */
const remembered = 3;
/** Paragraphs read before others get their turn. */
const portion = 500;

/** Remembers the last few, by the very documents they were made of. */
export function deriveIndexes(storage: BlobStore): DeriveIndex {
  const made = new Map<string, Promise<IndexFiles>>();
  return (head, part, instant) => {
    const rows = ['PACKAGES.gz', 'archive.rds', 'current.rds'].map((name) => head.rows.get(`${part}/${name}`));
    const digests = rows.map((row) => (row ? Buffer.from(row.sha256).toString('hex') : ''));
    const key = [...digests, part, instant.getTime()].join(' ');
    let index = made.get(key);
    if (index === undefined) {
      const bytes = rows.map(async (row) => (row ? await unpack(await storage.read(blobRef(row))) : undefined));
      index = Promise.all(bytes).then(([packages, archive, current]) => derive(packages, archive, current, instant));
      index.catch(() => made.delete(key));
      made.set(key, index);
      if (made.size > remembered) made.delete(made.keys().next().value!);
    }
    return index;
  };
}

async function derive(
  packages: Buffer | undefined,
  archive: Buffer | undefined,
  current: Buffer | undefined,
  instant: Date,
): Promise<IndexFiles> {
  const tree = {
    rows: await rowsOf(packages),
    archived: timesOf(archive),
    current: timesOf(current),
  };
  await turn();
  return written(await treeBefore(tree, instant, turn));
}

async function rowsOf(bytes: Buffer | undefined): Promise<DcfFields[]> {
  const texts: string[] = [];
  const scanner = createDcfScanner((text) => texts.push(text));
  scanner.push(bytes ?? Buffer.alloc(0));
  scanner.end();
  const rows: DcfFields[] = [];
  for (const [i, text] of texts.entries()) {
    rows.push(parseDcf(text));
    if (i % portion === portion - 1) await turn();
  }
  return rows;
}

function timesOf(bytes: Buffer | undefined): RFileTimes[] {
  return bytes === undefined ? [] : readFileTimes(bytes);
}

async function written({ rows, current, archived }: PastTree): Promise<IndexFiles> {
  const text = Buffer.from(writePackages(rows));
  await turn();
  const matrix = writePackagesRds(rows);
  return {
    PACKAGES: text,
    'PACKAGES.gz': await pack(text),
    'PACKAGES.rds': await pack(matrix),
    'archive.rds': await pack(writeArchiveRds(archived)),
    'current.rds': await pack(writeCurrentRds(current)),
  };
}

/** By what caches know it. */
export function tagOf(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
}

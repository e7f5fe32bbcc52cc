import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { parseCranTree, writeArchiveRds, writeCurrentRds, writePackages, writePackagesRds } from '@sluice/formats/cran';
import { cranPath } from '@sluice/formats/package';
import { putBlob, putCompressed } from '@sluice/storage';
import { PublishError } from '../errors.ts';
import { documentLevel } from '../monolith/document-level.ts';
import { listedRecords } from '../monolith/listed-records.ts';
import type { MonolithDeps } from '../monolith/monolith-deps.ts';
import { type SubdirContent, withWords } from '../monolith/subdir-content.ts';
import type { WrittenPart } from '../monolith/write-part.ts';
import { gatherTree, type ListedTree } from './gather-tree.ts';

const pack = promisify(gzip);

/**
 * Write the index of one tree of R packages, of source packages also what its archive holds: PACKAGES as text, gzip and
 * R data, archive.rds and current.rds. All are made of one pass over the records, so they agree.
 *
 * @throws {PublishError} `monolith_drift` when the records are not those that the publication lists.
 * @see R Installation and Administration, "Setting up a package repository"
 */
export async function writeCranTree(deps: MonolithDeps, content: SubdirContent): Promise<WrittenPart> {
  const { subdir } = content;
  const tree = await listTree(deps, content);
  const documents: WrittenPart['documents'] = [];
  const add = (name: string, blob: BlobRow) => documents.push({ key: `${subdir}/${name}`, blob });
  const addPacked = async (name: string, bytes: Uint8Array) => {
    const packed = await pack(bytes);
    add(name, await putBlob(deps.storage, [packed]));
  };
  const text = Buffer.from(writePackages(tree.rows));
  add(
    'PACKAGES.zst',
    await putCompressed(deps.storage, { chunks: [text], bytes: text.length }, documentLevel(text.length)),
  );
  await addPacked('PACKAGES.gz', text);
  await addPacked('PACKAGES.rds', writePackagesRds(tree.rows));
  if (parseCranTree(cranPath(subdir))?.kind === 'source') {
    await addPacked('archive.rds', writeArchiveRds(tree.archived));
    await addPacked('current.rds', writeCurrentRds(tree.current));
  }
  return { documents };
}

async function listTree(deps: MonolithDeps, content: SubdirContent): Promise<ListedTree> {
  const gathered = gatherTree();
  const ending = `.${parseCranTree(cranPath(content.subdir))?.extension ?? 'tar.gz'}`;
  let left = content.counts.reduce((sum, count) => sum + count, 0);
  const wanted = left;
  const { words } = await withWords(deps, content);
  const pass = listedRecords(deps.pool, content, { ending, v3: false }, words.take, gathered.add);
  for await (const taken of pass) left -= taken;
  if (left !== 0) {
    throw new PublishError(
      'monolith_drift',
      `The records of ${content.subdir} are not those that the publication lists: have the channel made anew (sluice channel reindex).`,
      { wanted: `${wanted} records`, found: `${wanted - left}` },
    );
  }
  return gathered.end();
}

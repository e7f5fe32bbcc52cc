import {
  findPart,
  liveRecordPages,
  noOrigin,
  type Part,
  type PartOrigin,
  type SourcePartRow,
  sourceRevision,
} from '@sluice/catalog';
import { isJsonObject } from '@sluice/formats/conda';
import { type CranTree, writeDcf } from '@sluice/formats/cran';
import type { ListedRTree } from '@sluice/registry';
import type { MirrorDeps } from '../../deps.ts';
import { MirrorError } from '../../errors.ts';
import { locationOf } from '../location.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { type AskedIndex, askIndex, type KnownIndex } from './ask-index.ts';
import { bareFolder, type KnownFile } from './bare-folder.ts';
import { listedTree } from './listed-tree.ts';
import { askMeta, readMeta } from './read-meta.ts';
import { readPackages } from './read-packages.ts';
import { describesSources, type TreeHome, treeHomes } from './tree-home.ts';

/** What an upstream has for one tree now. `unchanged`: what is known of it. */
export type TreeAnswer =
  | { status: 'unchanged' | 'absent' }
  | { status: 'read'; listed: ListedRTree; origin: PartOrigin };

/**
 * Read one tree of an upstream: PACKAGES.gz or PACKAGES, of source packages also what Meta/ says of the archive and of times;
 * in a folder of this machine without an index, the packages themselves. Nothing is written.
 *
 * Indexes are asked for with their validators; when one has changed, all are read.
 *
 * @param part of the source, if that is known.
 * @throws {MirrorError} `upstream_missing` when a tree that had files is gone or empty: an upstream that loses all is more
 *   likely broken than empty, so what is known stays. `upstream_malformed`; what asking throws.
 */
export async function readTree(
  deps: Pick<MirrorDeps, 'db'>,
  upstream: UpstreamDeps,
  tree: CranTree,
  part: Part | undefined,
): Promise<TreeAnswer> {
  const known = part && (await findPart(deps.db, part));
  for (const home of treeHomes(upstream.address, tree)) {
    const archive = await askMeta(upstream, tree, home, 'archive', archiveOf(known));
    const archiveIsSame =
      archive === 'unchanged' || (archive === undefined && (known?.run_exports_url ?? null) === null);
    const packages = await askPackages(upstream, home, archiveIsSame ? indexOf(known) : undefined);
    if (packages === 'unchanged') return { status: 'unchanged' };
    if (packages === undefined) continue;
    const before = await knownFiles(deps, known && part);
    const again = archive === 'unchanged' ? await askMeta(upstream, tree, home, 'archive') : archive;
    const archived = again === 'unchanged' ? undefined : again;
    const index = await readPackages(packages.bytes, tree, packages.url);
    if (index.packages.length === 0 && known && known.records > 0) throw vanished(tree, known.records);
    if (describesSources(home)) for (const one of index.packages) one.body = withoutDigest(one.fields);
    const listed = listedTree({
      index,
      current: await readMeta(await askMeta(upstream, tree, home, 'current', timesOf(home, before)), tree),
      archive: archived && (await readMeta(archived, tree)),
      before: new Map([...before].map(([file, { body }]) => [file, body])),
    });
    return { status: 'read', listed, origin: originOf(packages, archived, home) };
  }
  const folder = await readFolder(deps, upstream, tree, known && part);
  if (folder.status === 'absent' && known && known.records > 0) throw vanished(tree, known.records);
  return folder;
}

/** PACKAGES.gz, or the plain one. */
async function askPackages(upstream: UpstreamDeps, { url, headers }: TreeHome, known: KnownIndex | undefined) {
  const packed = await askIndex(upstream, `${url}/PACKAGES.gz`, known, headers);
  return packed ?? askIndex(upstream, `${url}/PACKAGES`, known, headers);
}

async function readFolder(
  deps: Pick<MirrorDeps, 'db'>,
  upstream: UpstreamDeps,
  tree: CranTree,
  part: Part | undefined,
): Promise<TreeAnswer> {
  const { url } = upstream.address;
  // A folder may be a tree itself: all that was carried over, in one heap.
  const folders = [`${url}/${tree.path}`, ...(tree.kind === 'source' ? [url] : [])];
  if (locationOf(new URL(url)).kind !== 'file') return { status: 'absent' };
  const before = await knownFiles(deps, part);
  for (const base_url of folders) {
    const location = locationOf(new URL(base_url)) as { path: string };
    const bare = await bareFolder(upstream, location.path, tree, (file) => before.get(file));
    if (bare === undefined) continue;
    const listed = listedTree({ ...bare, archive: new Map(), before: new Map() });
    return { status: 'read', listed, origin: { ...noOrigin, base_url } };
  }
  return { status: 'absent' };
}

/** What the source has of a tree now, by file. */
async function knownFiles({ db }: Pick<MirrorDeps, 'db'>, part: Part | undefined): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>();
  if (part === undefined) return files;
  const revision = await sourceRevision(db, part.source_id);
  for await (const page of liveRecordPages(db, part, revision)) {
    for (const { file, body, extra } of page) {
      const beside: unknown = extra ? JSON.parse(Buffer.from(extra).toString()) : {};
      files.set(file, { ...(isJsonObject(beside) && (beside as object)), body: Buffer.from(body).toString() });
    }
  }
  return files;
}

/** Where files were dated there is a table of times, and a denial of it is a fault. It is asked for whole: what it said is not kept. */
function timesOf(home: TreeHome, before: ReadonlyMap<string, KnownFile>): KnownIndex | undefined {
  const hadOne = [...before.values()].some(({ mtime, archived }) => mtime !== undefined && !archived);
  return hadOne ? { url: `${home.url}/Meta/current.rds`, etag: null, lastModified: null } : undefined;
}

function withoutDigest(fields: Iterable<readonly [string, string]>): string {
  return writeDcf([...fields].filter(([name]) => name !== 'MD5sum'));
}

function indexOf(known: SourcePartRow | undefined): KnownIndex | undefined {
  return known && { url: known.document_url, etag: known.etag, lastModified: known.last_modified };
}

/** What stands beside the index is noted where conda's run exports are: both are read beside a part's document. */
function archiveOf(known: SourcePartRow | undefined): KnownIndex | undefined {
  return (
    known && {
      url: known.run_exports_url,
      etag: known.run_exports_etag,
      lastModified: known.run_exports_last_modified,
    }
  );
}

function originOf(packages: AskedIndex, archive: AskedIndex | undefined, home: TreeHome): PartOrigin {
  return {
    document_url: packages.url,
    document_sha256: packages.sha256,
    etag: packages.etag,
    last_modified: packages.lastModified,
    base_url: home.url,
    run_exports_url: archive?.url ?? null,
    run_exports_sha256: archive?.sha256 ?? null,
    run_exports_etag: archive?.etag ?? null,
    run_exports_last_modified: archive?.lastModified ?? null,
  };
}

function vanished(tree: CranTree, records: number): MirrorError {
  return new MirrorError(
    'upstream_missing',
    `The upstream has no packages in ${tree.path} any more, where it had ${records} files. Nothing was removed; check the source, or leave the tree out.`,
    { wanted: `${tree.path}/PACKAGES`, found: 'nothing' },
  );
}

import {
  findPart,
  liveRecordPages,
  type Part,
  type PartOrigin,
  type SourcePartRow,
  sourceRevision,
  touchPart,
} from '@sluice/catalog';
import { isJsonObject, type JsonObject } from '@sluice/formats/conda';
import { type CranTree, parseRFileName, type RFileTimes, readFileTimes } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import { cranPart } from '@sluice/formats/package';
import { admitRTree } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { commit, type RunContext } from '../../run/run-context.ts';
import { locationOf } from '../location.ts';
import { type AskedIndex, askIndex, type KnownIndex } from './ask-index.ts';
import { bareFolder, type KnownFile } from './bare-folder.ts';
import { listedTree } from './listed-tree.ts';
import { treeUrl } from './locate.ts';
import { readPackages } from './read-packages.ts';
import { malformed, unpack } from './unpack.ts';

/**
 * Bring one tree of the run's source up to what the upstream has now: PACKAGES.gz or PACKAGES, of source packages also what
 * Meta/ says of the archive and of times; in a folder of this machine without an index, the packages themselves.
 *
 * Indexes are asked for with their validators; when one has changed, all are read.
 *
 * @returns `absent` when the upstream has no such tree.
 * @throws {MirrorError} `upstream_missing` when a tree that had files is gone or empty: an upstream that loses all is more
 *   likely broken than empty, so what is known stays. `upstream_malformed`; what asking and admitting throw.
 */
export async function refreshTree(context: RunContext, tree: CranTree): Promise<'done' | 'absent'> {
  const { deps, mirror, upstream } = context;
  const part: Part = { source_id: mirror.source_id, subdir: cranPart(tree.path) };
  const known = await findPart(deps.db, part);
  const archive =
    tree.kind === 'source' ? await askIndex(upstream, metaUrl(context, tree, 'archive'), archiveOf(known)) : undefined;
  const archiveIsSame = archive === 'unchanged' || (archive === undefined && (known?.run_exports_url ?? null) === null);
  const packages = await askPackages(context, tree, archiveIsSame ? indexOf(known) : undefined);
  if (packages === 'unchanged') {
    await commit(context, (trx) => touchPart(trx, part, deps.now()));
    return 'done';
  }
  const before = await knownFiles(context, part);
  if (packages === undefined) return refreshFolder(context, part, tree, known, before);
  const again =
    archive === 'unchanged' ? await askIndex(upstream, metaUrl(context, tree, 'archive'), undefined) : archive;
  const archived = again === 'unchanged' ? undefined : again;
  const index = await readPackages(packages.bytes, tree, packages.url);
  if (index.packages.length === 0 && known && known.records > 0) throw vanished(tree, known.records);
  const current = tree.kind === 'source' ? await readCurrent(context, tree) : new Map<string, RFileTimes>();
  const listed = listedTree({
    index,
    current,
    archive: archived && (await readArchive(archived, tree)),
    before: new Map([...before].map(([file, { body }]) => [file, body])),
  });
  await admit(context, part, listed, {
    document_url: packages.url,
    document_sha256: packages.sha256,
    etag: packages.etag,
    last_modified: packages.lastModified,
    base_url: null,
    run_exports_url: archived?.url ?? null,
    run_exports_sha256: archived?.sha256 ?? null,
    run_exports_etag: archived?.etag ?? null,
    run_exports_last_modified: archived?.lastModified ?? null,
  });
  return 'done';
}

/** PACKAGES.gz, or the plain one. */
async function askPackages({ upstream }: RunContext, tree: CranTree, known: KnownIndex | undefined) {
  const url = (file: string) => treeUrl(upstream.address, tree.path, file);
  return (await askIndex(upstream, url('PACKAGES.gz'), known)) ?? askIndex(upstream, url('PACKAGES'), known);
}

async function readArchive(asked: AskedIndex, tree: CranTree): Promise<Map<string, RFileTimes>> {
  const rows = readTimes(await unpack(asked.bytes, asked.url), asked.url);
  return new Map(rows.flatMap((row) => (isFileOf(tree, row.path) ? [[fileNameOf(row.path), row] as const] : [])));
}

/** When the files of the index came, where the upstream says; it is no matter if it does not. */
async function readCurrent(context: RunContext, tree: CranTree): Promise<Map<string, RFileTimes>> {
  const asked = await askIndex(context.upstream, metaUrl(context, tree, 'current'), undefined);
  if (asked === undefined || asked === 'unchanged') return new Map();
  const rows = readTimes(await unpack(asked.bytes, asked.url), asked.url);
  return new Map(rows.map((row) => [fileNameOf(row.path), row]));
}

function readTimes(bytes: Uint8Array, url: string): RFileTimes[] {
  try {
    return readFileTimes(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw malformed(url, error.wanted ?? 'tables of files', error.found ?? 'something else', error);
  }
}

async function refreshFolder(
  context: RunContext,
  part: Part,
  tree: CranTree,
  known: SourcePartRow | undefined,
  before: ReadonlyMap<string, KnownFile>,
): Promise<'done' | 'absent'> {
  const { address } = context.upstream;
  // A folder may be a tree itself: all that was carried over, in one heap.
  const folders = [treeUrl(address, tree.path, ''), ...(tree.kind === 'source' ? [address.url] : [])];
  for (const url of folders) {
    const location = locationOf(new URL(url));
    if (location.kind !== 'file') break;
    const bare = await bareFolder(context.upstream, location.path, tree, (file) => before.get(file));
    if (bare === undefined) continue;
    const listed = listedTree({ ...bare, archive: new Map(), before: new Map() });
    await admit(context, part, listed, { ...noOrigin, base_url: url });
    return 'done';
  }
  if (known && known.records > 0) throw vanished(tree, known.records);
  return 'absent';
}

async function admit(
  { deps, lease }: RunContext,
  part: Part,
  listed: ReturnType<typeof listedTree>,
  origin: PartOrigin,
): Promise<void> {
  await admitRTree(deps, { part, ...listed, origin, guard: lease.guard });
}

/** What the source has of a tree now, by file. */
async function knownFiles({ deps }: RunContext, part: Part): Promise<Map<string, KnownFile>> {
  const files = new Map<string, KnownFile>();
  const revision = await sourceRevision(deps.db, part.source_id);
  for await (const page of liveRecordPages(deps.db, part, revision)) {
    for (const { file, body, extra } of page) {
      const beside = extra ? asObject(JSON.parse(Buffer.from(extra).toString())) : {};
      files.set(file, { ...(beside as Omit<KnownFile, 'body'>), body: Buffer.from(body).toString() });
    }
  }
  return files;
}

function asObject(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function indexOf(known: SourcePartRow | undefined): KnownIndex | undefined {
  return known && { url: known.document_url, etag: known.etag, lastModified: known.last_modified };
}

/** What stands beside the index is noted where conda's run exports are: both are read beside a part's document. */
function archiveOf(known: SourcePartRow | undefined): KnownIndex | undefined {
  return (
    known && { url: known.run_exports_url, etag: known.run_exports_etag, lastModified: known.run_exports_last_modified }
  );
}

function metaUrl({ upstream }: RunContext, tree: CranTree, name: 'archive' | 'current'): string {
  return treeUrl(upstream.address, tree.path, `Meta/${name}.rds`);
}

function fileNameOf(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1);
}

function isFileOf(tree: CranTree, place: string): boolean {
  try {
    return parseRFileName(fileNameOf(place)).extension === tree.extension;
  } catch {
    return false;
  }
}

const noOrigin: PartOrigin = {
  document_url: null,
  document_sha256: null,
  etag: null,
  last_modified: null,
  base_url: null,
  run_exports_url: null,
  run_exports_sha256: null,
  run_exports_etag: null,
  run_exports_last_modified: null,
};

function vanished(tree: CranTree, records: number): MirrorError {
  return new MirrorError(
    'upstream_missing',
    `The upstream has no packages in ${tree.path} any more, where it had ${records} files. Nothing was removed; check the source, or leave the tree out.`,
    { wanted: `${tree.path}/PACKAGES`, found: 'nothing' },
  );
}

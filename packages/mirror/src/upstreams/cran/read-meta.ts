import { type CranTree, parseRFileName, type RFileTimes, readFileTimes } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import { absentIfNone } from '../absent-if.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { type AskedIndex, askIndex, type KnownIndex } from './ask-index.ts';
import type { TreeHome } from './tree-home.ts';
import { malformed, unpack } from './unpack.ts';

/** The tables beside the index of source packages: what lies in its archive, and when its current files came. */
export type MetaTable = 'archive' | 'current';

/**
 * Ask for one of them; undefined when the upstream has none, as other trees never have. Stores of objects deny what they do
 * not have, so a denial of what was never seen means none.
 */
export async function askMeta(
  deps: UpstreamDeps,
  tree: CranTree,
  home: TreeHome,
  table: MetaTable,
  known?: KnownIndex,
): Promise<AskedIndex | 'unchanged' | undefined> {
  if (tree.kind !== 'source') return undefined;
  return askIndex(deps, `${home.url}/Meta/${table}.rds`, known).catch((error: unknown) => {
    if (known?.url != null) throw error;
    return absentIfNone(error);
  });
}

/**
 * What a table says, by file name; nothing when it was not there.
 *
 * @throws {MirrorError} `upstream_malformed`.
 */
export async function readMeta(
  asked: AskedIndex | 'unchanged' | undefined,
  tree: CranTree,
): Promise<Map<string, RFileTimes>> {
  if (asked === undefined || asked === 'unchanged') return new Map();
  const rows = readTimes(await unpack(asked.bytes, asked.url), asked.url);
  return new Map(rows.map((row) => [fileNameOf(row.path), row] as const).filter(([file]) => isFileOf(tree, file)));
}

function readTimes(bytes: Uint8Array, url: string): RFileTimes[] {
  try {
    return readFileTimes(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw malformed(url, error.wanted ?? 'tables of files', error.found ?? 'something else', error);
  }
}

function fileNameOf(place: string): string {
  return place.slice(place.lastIndexOf('/') + 1);
}

function isFileOf(tree: CranTree, file: string): boolean {
  try {
    return parseRFileName(file).extension === tree.extension;
  } catch {
    return false;
  }
}

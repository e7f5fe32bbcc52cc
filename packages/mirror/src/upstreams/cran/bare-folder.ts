import { type CranTree, parseDcf, parseRFileName, type RFileTimes } from '@sluice/formats/cran';
import { describeRFile } from '@sluice/registry';
import { MirrorError } from '../../errors.ts';
import { absentIfMissing } from '../absent-if.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import type { ListedPackage, PackagesIndex } from './read-packages.ts';

/** What is known of a file from the last look: its paragraph, and what it was made from. */
export interface KnownFile {
  body: string;
  size?: number;
  mtime?: string;
  archived?: true;
}

/** What lies in a folder without an index: as an index would have it. */
export interface BareFolder {
  index: PackagesIndex;
  current: Map<string, RFileTimes>;
}

/**
 * Read the packages of a folder that has no PACKAGES. Files that are as large and as old as last time are not opened again.
 *
 * @returns undefined when there is no such folder, or no package in it.
 */
export async function bareFolder(
  deps: UpstreamDeps,
  folder: string,
  tree: CranTree,
  known: (file: string) => KnownFile | undefined,
): Promise<BareFolder | undefined> {
  const root = await deps.guard.folder(folder).catch(absentIfMissing);
  const entries = (await root?.list((name) => name.endsWith(`.${tree.extension}`))) ?? [];
  const files = entries.map(({ name }) => name).sort();
  if (root === undefined || files.length === 0) return undefined;
  const packages: ListedPackage[] = [];
  const refused: PackagesIndex['refused'] = [];
  const current = new Map<string, RFileTimes>();
  for (const file of files) {
    deps.signal?.throwIfAborted();
    const look = root.look(file);
    if (!look) continue;
    const { size, mtimeMs } = look;
    const mtime = Math.floor(mtimeMs / 1000);
    try {
      const { name } = parseRFileName(file);
      const before = known(file);
      const isSame = before?.size === size && before.mtime === new Date(mtime * 1000).toISOString();
      const body = isSame ? before.body : await root.atPath(file, (path) => describeRFile({}, path, file));
      packages.push({ file, name, body, fields: parseDcf(body) });
      current.set(file, { path: file, size, mtime });
    } catch (error) {
      if (!(error instanceof Error) || error instanceof MirrorError || !isRefusal(error)) throw error;
      refused.push({ file, reason: error.message });
    }
  }
  return { index: { packages, refused }, current };
}

function isRefusal(error: Error): boolean {
  return error.name === 'ArchiveError' || error.name === 'FormatError';
}

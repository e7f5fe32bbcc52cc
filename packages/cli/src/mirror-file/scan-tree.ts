import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inspectConda } from '@sluice/archives';
import { knownSubdirs, parseIndexJson, recordFromIndexJson, writeJson } from '@sluice/formats/conda';
import { CliError } from '../errors.ts';
import { digestsOf } from './file-digests.ts';
import { readTreeIndex } from './tree-index.ts';

/** A package file of a tree, with the record it is judged by; or what is wrong with it. */
export type TreeFile = { file: string; path: string; size: number } & (
  | { body: Uint8Array; v3: boolean; fault?: never }
  | { fault: string }
);

/** The packages of one subdir. */
export interface TreePart {
  subdir: string;
  files: TreeFile[];
}

/** How far below the folder that is named the subdirs may lie: an unpacked `mirror/pkgs` has `main/linux-64`. */
const deepest = 3;

/**
 * Find the channels in a folder: it is one, or holds some.
 *
 * @returns their folders, in the order of their names.
 * @throws {CliError} `file_unreadable` when there is none.
 */
export async function findChannels(folder: string): Promise<string[]> {
  const found = await channelsBelow(folder, deepest).catch((cause: unknown) => {
    throw new CliError('file_unreadable', `The folder ${folder} cannot be read.`, { cause });
  });
  if (found.length > 0) return found;
  throw new CliError('file_unreadable', `There is no conda channel in ${folder}.`, {
    wanted: 'a folder with folders such as linux-64 or noarch in it',
    next: 'If that folder is on the server, say --server-path.',
  });
}

async function channelsBelow(folder: string, levels: number): Promise<string[]> {
  const folders = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .sort();
  if (folders.some(isSubdir)) return [folder];
  if (levels === 0) return [];
  const below: string[] = [];
  for (const name of folders) {
    const path = join(folder, name);
    if ((await stat(path)).isDirectory()) below.push(...(await channelsBelow(path, levels - 1)));
  }
  return below;
}

function isSubdir(name: string): boolean {
  return knownSubdirs.includes(name);
}

/**
 * The packages of a channel in a folder, subdir by subdir. What its index lists is judged by that; other packages are opened.
 *
 * @param subdirs only these; all when it is empty.
 */
export async function* scanTree(channel: string, subdirs: readonly string[]): AsyncGenerator<TreePart> {
  for (const subdir of (await readdir(channel)).filter(isSubdir).sort()) {
    if (subdirs.length > 0 && !subdirs.includes(subdir)) continue;
    const folder = join(channel, subdir);
    const names = (await readdir(folder)).filter((name) => /\.(conda|tar\.bz2)$/.test(name)).sort();
    const index = await readTreeIndex(folder).catch((cause: unknown) => {
      throw new CliError('file_unreadable', `The index in ${folder} cannot be read.`, {
        next: 'Remove its repodata.json, and the packages are opened instead.',
        cause,
      });
    });
    const files: TreeFile[] = [];
    for (const file of names) {
      const path = join(folder, file);
      const listed = index.get(file);
      const { size } = await stat(path);
      files.push({ file, path, size, ...(listed ?? (await opened(path, subdir))) });
    }
    yield { subdir, files };
  }
}

async function opened(path: string, subdir: string): Promise<{ body: Uint8Array; v3: false } | { fault: string }> {
  const fileName = basename(path);
  try {
    const { texts } = await inspectConda(path, fileName, { level: 'info' });
    const index = parseIndexJson(texts.get('info/index.json') ?? '');
    const record = recordFromIndexJson(index, { subdir, fileName, ...(await digestsOf(path)) });
    return { body: new TextEncoder().encode(writeJson(record)), v3: false };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

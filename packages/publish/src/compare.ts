import { isDeepStrictEqual } from 'node:util';
import { type ComparedShard, type TouchedEntry, touchedEntries } from '@sluice/catalog';
import type { ShardFile } from '@sluice/formats/package';
import type { PublishDeps } from './deps.ts';
import { readShard } from './read-shard.ts';
import { signatureDifference } from './select.ts';

/** How a file differs from one publication to another. `changed`: both list it, with other metadata. */
export const fileChanges = ['added', 'removed', 'changed'] as const;
export type FileChange = (typeof fileChanges)[number];

/** A file that two publications show differently. */
export interface DifferentFile {
  subdir: string;
  name: string;
  file: string;
  change: FileChange;
  /** The signature of its shard in each of the two. */
  signatures: { from: Uint8Array | null; to: Uint8Array | null };
}

/** Which two publications of a channel, which part of the difference, and which page of that. */
export interface Comparison {
  channelId: number;
  from: number;
  to: number;
  subdir?: string | undefined;
  /** A package name. */
  name?: string | undefined;
  change?: FileChange | undefined;
  limit: number;
  offset: number;
}

export interface Difference {
  /** Over the subdir and name asked for. */
  counts: Record<FileChange, number>;
  /** How long the whole list is. */
  total_count: number;
  files: DifferentFile[];
}

/** Shards read at once: each is small, and lies in a pack with its neighbours. */
const atOnce = 8;

type Deps = Pick<PublishDeps, 'db' | 'storage'>;

/**
 * What differs between two publications of a channel, in byte order of subdir, name and file.
 *
 * Only names whose signatures differ are looked at. Of those only the shards on the page are read, and those that have both
 * new and missing records: there only the shards tell whether a file changed or another came in its place.
 */
export async function comparePublications(deps: Deps, wanted: Comparison): Promise<Difference> {
  const { change, limit, offset } = wanted;
  const counts = { added: 0, removed: 0, changed: 0 };
  const page: TouchedEntry[] = [];
  let total = 0;
  let skipped = 0;
  const touched = wanted.from === wanted.to ? [] : await touchedEntries(deps.db, wanted.channelId, wanted);
  for (let at = 0; at < touched.length; at += atOnce) {
    const chunk = touched.slice(at, at + atOnce);
    const counted = await Promise.all(chunk.map((entry) => countsBySignature(entry) ?? countsByFile(deps, entry)));
    counted.forEach((of, i) => {
      for (const key of fileChanges) counts[key] += of[key];
      const here = change === undefined ? of.added + of.removed + of.changed : of[change];
      if (total + here <= offset) skipped = total + here;
      else if (total < offset + limit && here > 0) page.push(chunk[i]!);
      total += here;
    });
  }
  const files: DifferentFile[] = [];
  for (const entry of page) {
    const here = await differentFiles(deps, entry);
    files.push(...here.filter((file) => change === undefined || file.change === change));
  }
  return { counts, total_count: total, files: files.slice(offset - skipped, offset - skipped + limit) };
}

/** How many files came or went, where only one of both happened; undefined where only the shards can tell. */
function countsBySignature({ from, to }: TouchedEntry): Difference['counts'] | undefined {
  const { added, removed } = signatureDifference(from?.signature ?? null, to?.signature ?? null);
  return added > 0 && removed > 0 ? undefined : { added, removed, changed: 0 };
}

async function countsByFile(deps: Deps, entry: TouchedEntry): Promise<Difference['counts']> {
  const counts = { added: 0, removed: 0, changed: 0 };
  for (const { change } of await differentFiles(deps, entry)) counts[change]++;
  return counts;
}

/** The files that a shard lists differently in two publications. */
export async function differentFiles(deps: Deps, { key, from, to }: TouchedEntry): Promise<DifferentFile[]> {
  const [before, after] = await Promise.all([filesOf(deps, key, from), filesOf(deps, key, to)]);
  const cut = key.indexOf('/');
  const place = { subdir: key.slice(0, cut), name: key.slice(cut + 1) };
  const signatures = { from: from?.signature ?? null, to: to?.signature ?? null };
  const files: DifferentFile[] = [];
  for (const file of [...new Set([...before.keys(), ...after.keys()])].sort()) {
    const [old, now] = [before.get(file), after.get(file)];
    if (old && now && isDeepStrictEqual(old, now)) continue;
    const change = !old ? 'added' : !now ? 'removed' : 'changed';
    files.push({ ...place, file, change, signatures });
  }
  return files;
}

async function filesOf(
  { storage }: Deps,
  key: string,
  shard: ComparedShard | undefined,
): Promise<Map<string, ShardFile>> {
  if (!shard) return new Map();
  return new Map((await readShard(storage, { ...shard, key })).map((listed) => [listed.file, listed]));
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FolderFileRow } from '@sluice/catalog';
import type { SourceGuard } from '../../fetch/source-guard.ts';

/** What opening one package told: its record's verbatim text, and the digest of the file. */
export interface InspectedPackage {
  body: Uint8Array;
  sha256: Uint8Array;
}

/**
 * Opens a package that lies in a folder and makes its record. Throws what says why it is none; the message is shown.
 */
export type InspectPackage = (path: string, file: string, subdir: string) => Promise<InspectedPackage>;

/** What a bare folder holds, compared with the last time. */
export interface FolderPackages {
  /** Every package's record, in byte order of the file names. To be read once. */
  records: AsyncIterable<{ file: string; body: Uint8Array }>;
  /** What to remember; only after the last record. */
  changes(): { read: FolderFileRow[]; gone: string[] };
}

const packageName = /\.(conda|tar\.bz2)$/;
const portion = 200;

/**
 * Read a folder of packages that has no index. Only files whose size or time of change differ from `known` are opened;
 * the others keep the record `recordsOf` finds. What is no package is remembered with the reason, and is no record.
 */
export async function folderPackages(
  deps: {
    guard: SourceGuard;
    inspect: InspectPackage;
    recordsOf: (files: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
    signal?: AbortSignal | undefined;
    onProgress?: ((done: number, total: number) => void) | undefined;
  },
  folder: { path: string; subdir: string; known: readonly FolderFileRow[] },
): Promise<FolderPackages> {
  const names = (await readdir(folder.path)).filter((name) => packageName.test(name)).sort(byBytes);
  const known = new Map(folder.known.map((row) => [row.file, row]));
  const read: FolderFileRow[] = [];
  const vanished = new Set<string>();

  async function one(file: string, kept: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array | undefined> {
    const path = await deps.guard.path(join(folder.path, file));
    const before = await stat(path);
    const last = known.get(file);
    const same = last !== undefined && last.size === before.size && last.mtime_ms === before.mtimeMs;
    if (same && last.refusal !== null) return undefined;
    if (same && kept.has(file)) return kept.get(file);
    const row = { file, size: before.size, mtime_ms: before.mtimeMs };
    try {
      const { body, sha256 } = await deps.inspect(path, file, folder.subdir);
      const after = await stat(path);
      // Written to meanwhile: whatever was read, look again next time.
      const settled = after.size === before.size && after.mtimeMs === before.mtimeMs;
      if (!settled) throw new Error('The file changed while it was read.');
      read.push({ ...row, sha256, refusal: null });
      return body;
    } catch (error) {
      deps.signal?.throwIfAborted();
      const refusal = error instanceof Error ? error.message : 'The file could not be read.';
      const moving = await stat(path).then(
        (after) => after.mtimeMs !== before.mtimeMs || after.size !== before.size,
        () => true,
      );
      read.push({ ...row, mtime_ms: moving ? -1 : row.mtime_ms, sha256: null, refusal });
      return undefined;
    }
  }

  async function* records() {
    for (let at = 0; at < names.length; at += portion) {
      const some = names.slice(at, at + portion);
      const kept = await deps.recordsOf(some.filter((file) => known.has(file)));
      for (const file of some) {
        deps.signal?.throwIfAborted();
        const body = await one(file, kept).catch((error: unknown) => {
          if (!isMissing(error)) throw error;
          vanished.add(file);
          return undefined;
        });
        if (body) yield { file, body };
      }
      deps.onProgress?.(Math.min(at + portion, names.length), names.length);
    }
  }

  return {
    records: records(),
    changes() {
      const there = new Set(names.filter((name) => !vanished.has(name)));
      return { read, gone: [...known.keys()].filter((file) => !there.has(file)) };
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'upstream_missing');
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

import { setImmediate as turn } from 'node:timers/promises';
import type { FolderFileRow } from '@sluice/catalog';
import { type FolderPackage, type Inspectors, RegistryError } from '@sluice/registry';
import type { SourceFolder } from '../../fetch/source-folder.ts';

/** What opening one package told, and the digest of the file. */
export type InspectedPackage = Omit<FolderPackage, 'file'> & { sha256: Uint8Array };

/**
 * Opens a package that lies in a folder and makes its record. Throws what says why it is none; the message is shown.
 */
export type InspectPackage = (path: string, file: string, subdir: string) => Promise<InspectedPackage>;

/** What a bare folder holds, compared with the last time. */
export interface FolderPackages {
  /** Nothing came, changed or went. */
  isUnchanged: boolean;
  /** Files that are as they were: those with a record, and those that are no packages. */
  unchanged(): { listed: readonly string[]; refused: number };
  /** The records of packages that came or changed, in the order in which they were read. To be read once. */
  records: AsyncIterable<FolderPackage>;
  /**
   * What to remember; only after the last record. `gone` are no longer in the folder, `notListed` have no record (any
   * more): they are gone or no packages.
   */
  changes(): { read: FolderFileRow[]; gone: string[]; notListed: string[] };
}

const packageName = /\.(conda|tar\.bz2)$/;
/** Files looked at in one turn: a look takes some microseconds, and a thousand times as long through promises of its own. */
const portion = 500;
/** Packages opened at once: reading one waits for the disk, reading another unpacks. */
const readers = 4;
/** From so many on threads of their own pay: to begin them takes as long as a few hundred packages. */
const manyPackages = 500;
/** Packages that are asked of such threads ahead, so that they never wait. */
const threadReaders = 64;

/**
 * Read a folder of packages that has no index. Only files whose size or time of change differ from `known` are opened.
 * What is no package is remembered with the reason, and has no record.
 *
 * @throws {RegistryError} `inspector_died`, while the records are read.
 * @throws {MirrorError} `source_refused` for a link that leads out of the allowed folders.
 */
export async function folderPackages(
  deps: {
    inspect: InspectPackage;
    /** Who opens packages where there are many; when left out, `inspect` does. */
    openInspectors?: (() => Inspectors) | undefined;
    signal?: AbortSignal | undefined;
    onProgress?: ((done: number, total: number) => void) | undefined;
  },
  folder: { files: SourceFolder; subdir: string; known: readonly FolderFileRow[] },
): Promise<FolderPackages> {
  const known = new Map(folder.known.map((row) => [row.file, row]));
  const { files } = folder;
  const { there, touched } = await compare(files, known);
  const read: FolderFileRow[] = [];
  const vanished = new Set<string>();

  async function one(file: string, inspect: InspectPackage) {
    const before = files.look(file);
    if (!before) return void vanished.add(file);
    const row = { file, size: before.size, mtime_ms: before.mtimeMs };
    try {
      const { sha256, ...opened } = await files.atPath(file, (path) => inspect(path, file, folder.subdir));
      const after = files.look(file);
      // Written to meanwhile: whatever was read, look again next time.
      const settled = after?.size === before.size && after.mtimeMs === before.mtimeMs;
      if (!settled) throw new Error('The file changed while it was read.');
      read.push({ ...row, sha256, refusal: null });
      return { ...opened, file };
    } catch (error) {
      deps.signal?.throwIfAborted();
      // Nothing was found out about the package.
      if (error instanceof RegistryError && error.code === 'inspector_died') throw error;
      const refusal = error instanceof Error ? error.message : 'The file could not be read.';
      const after = files.look(file);
      const moving = after?.mtimeMs !== before.mtimeMs || after.size !== before.size;
      read.push({ ...row, mtime_ms: moving ? -1 : row.mtime_ms, sha256: null, refusal });
      return undefined;
    }
  }

  async function attempt(file: string, inspect: InspectPackage) {
    deps.signal?.throwIfAborted();
    return one(file, inspect).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      vanished.add(file);
      return undefined;
    });
  }

  async function* records() {
    const inspectors = touched.length >= manyPackages ? deps.openInspectors?.() : undefined;
    try {
      yield* inspectors ? opened(inspectors.inspect, threadReaders) : opened(deps.inspect, readers);
    } finally {
      await inspectors?.close();
    }
  }

  async function* opened(inspect: InspectPackage, atOnce: number) {
    const left = touched.values();
    const begin = () => {
      const next = left.next();
      return next.done ? undefined : attempt(next.value, inspect);
    };
    // In the order of the names, some ahead of the one that is waited for.
    const ahead: (ReturnType<typeof attempt> | undefined)[] = Array.from({ length: atOnce }, begin);
    for (const promise of ahead) promise?.catch(() => {});
    let done = 0;
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      const record = await next;
      const more = begin();
      more?.catch(() => {});
      ahead.push(more);
      if (++done % 100 === 0 || done === touched.length) deps.onProgress?.(done, touched.length);
      if (record) yield record;
    }
  }

  const gone = () => [...known.keys()].filter((file) => !there.has(file) || vanished.has(file));
  return {
    isUnchanged: touched.length === 0 && gone().length === 0,
    unchanged() {
      const other = new Set(touched);
      const rest = folder.known.filter(({ file }) => there.has(file) && !other.has(file));
      return {
        listed: rest.filter(({ refusal }) => refusal === null).map(({ file }) => file),
        refused: rest.filter(({ refusal }) => refusal !== null).length,
      };
    },
    records: records(),
    changes() {
      const refused = read.filter(({ refusal }) => refusal !== null).map(({ file }) => file);
      return { read, gone: gone(), notListed: [...gone(), ...refused] };
    },
  };
}

/** What lies in a folder, and which of it is not as it was known, in byte order of the names. */
async function compare(files: SourceFolder, known: ReadonlyMap<string, FolderFileRow>) {
  const entries = await files.list((name) => packageName.test(name));
  const there = new Set<string>();
  const touched: string[] = [];
  for (const [i, { name: file }] of entries.entries()) {
    if (i % portion === portion - 1) await turn();
    const now = files.look(file);
    if (!now) continue;
    there.add(file);
    const last = known.get(file);
    if (last === undefined || last.size !== now.size || last.mtime_ms !== now.mtimeMs) touched.push(file);
  }
  touched.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return { there, touched };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'upstream_missing');
}

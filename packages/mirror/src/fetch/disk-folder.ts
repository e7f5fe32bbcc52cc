import { statSync } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { absentIfMissing } from '../upstreams/absent-if.ts';
import type { FolderEntry, SourceFile, SourceFolder } from './source-folder.ts';

/**
 * A folder of the disk.
 *
 * @param path its true path.
 * @param follow the true path of a link, where it may lead.
 */
export function diskFolder(path: string, follow: (path: string) => Promise<string>): SourceFolder {
  const places = new Map<string, string>();
  const placeOf = (name: string) => places.get(name) ?? join(path, name);
  return {
    async list(isWanted = () => true) {
      places.clear();
      const found: FolderEntry[] = [];
      for (const entry of await readdir(path, { withFileTypes: true })) {
        const { name } = entry;
        if (!isWanted(name)) continue;
        // What the folder itself contains lies where the folder does; only a link may lead elsewhere.
        if (entry.isFile() || entry.isDirectory()) {
          found.push({ name, kind: entry.isFile() ? 'file' : 'folder' });
          continue;
        }
        const place = await follow(join(path, name)).catch(absentIfMissing);
        const stat = place === undefined ? undefined : statSync(place, { throwIfNoEntry: false });
        if (place === undefined || !(stat?.isFile() || stat?.isDirectory())) continue;
        places.set(name, place);
        found.push({ name, kind: stat.isFile() ? 'file' : 'folder' });
      }
      return found;
    },
    look(name) {
      const stat = statSync(placeOf(name), { throwIfNoEntry: false });
      return stat && { size: stat.size, mtimeMs: stat.mtimeMs };
    },
    atPath: (name, work) => work(placeOf(name)),
  };
}

/** A file of the disk, by its true path. Its size and time of change are its etag. */
export async function diskFile(path: string): Promise<SourceFile> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    return {
      size,
      etag: () => etagOf(handle),
      bytes: (start, signal) =>
        handle.createReadStream({ start, autoClose: false, highWaterMark: 256 * 1024, signal: signal ?? undefined }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function etagOf(handle: FileHandle): Promise<string> {
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  return `"${size}-${mtimeNs}"`;
}

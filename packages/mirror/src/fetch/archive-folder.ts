import { stat } from 'node:fs/promises';
import { MirrorError } from '../errors.ts';
import type { SourceArchive, SourceArchives, SourceFile, SourceFolder } from './source-folder.ts';

/** Reads files of archives. Remembers directories that it read as long as their archives stay as they are. */
export interface ArchiveReader {
  /** @throws {MirrorError} `upstream_missing`; `upstream_malformed` for an archive that cannot be trusted. */
  folder(archive: string, inside: string): Promise<SourceFolder>;
  /** @throws {MirrorError} as {@link folder}. */
  file(archive: string, inside: string): Promise<SourceFile>;
}

/** A directory may have a million entries: so many are held at once. */
const mostRemembered = 4;

/** See {@link ArchiveReader}. */
export function createArchiveReader(archives: SourceArchives): ArchiveReader {
  const remembered = new Map<string, { etag: string; archive: Promise<SourceArchive> }>();

  async function directory(path: string) {
    const etag = await etagOf(path);
    const known = remembered.get(path);
    remembered.delete(path);
    const archive = known?.etag === etag ? known.archive : archives.open(path);
    remembered.set(path, { etag, archive });
    for (const [oldest] of remembered) if (remembered.size > mostRemembered) remembered.delete(oldest);
    try {
      return { etag, archive: await archive };
    } catch (error) {
      remembered.delete(path);
      throw refused(path, error);
    }
  }

  async function* read(path: string, archive: SourceArchive, inside: string, from: number, signal?: AbortSignal) {
    try {
      for await (const piece of archive.read(inside, from)) {
        signal?.throwIfAborted();
        yield piece;
      }
    } catch (error) {
      throw refused(path, error);
    }
  }

  return {
    async folder(path, inside) {
      const { archive } = await directory(path);
      if (archive.list(inside) === undefined) throw missing(path, inside);
      // What lies in an archive changes when the archive does.
      const { mtimeMs } = await stat(path);
      const below = (name: string) => (inside === '' ? name : `${inside}/${name}`);
      return {
        list: async (isWanted = () => true) => archive.list(inside)!.filter(({ name }) => isWanted(name)),
        look(name) {
          const file = archive.file(below(name));
          return file && { size: file.size, mtimeMs };
        },
        atPath: (name, work) => archives.copied(read(path, archive, below(name), 0), work),
      };
    },
    async file(path, inside) {
      const { etag, archive } = await directory(path);
      const file = archive.file(inside);
      if (!file) throw missing(path, inside);
      const etagNow = (of: string) => `"${of}-${file.version}"`;
      let isFirst = true;
      return {
        size: file.size,
        async etag() {
          const now = isFirst ? etag : await etagOf(path);
          isFirst = false;
          return etagNow(now);
        },
        bytes: (from, signal) => read(path, archive, inside, from, signal),
        close: async () => {},
      };
    },
  };
}

async function etagOf(path: string): Promise<string> {
  const { size, mtimeNs } = await stat(path, { bigint: true });
  return `${size}-${mtimeNs}`;
}

function missing(path: string, inside: string): MirrorError {
  return new MirrorError('upstream_missing', `There is no ${inside} in ${path}.`, { found: inside });
}

/** What is wrong with an archive, in its own words; everything else as it is. */
function refused(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'ArchiveError') return error;
  return new MirrorError('upstream_malformed', `${path} cannot be read as a folder: ${error.message}`, {
    wanted: 'a whole zip or plain tar',
    found: error.message,
    cause: error,
  });
}

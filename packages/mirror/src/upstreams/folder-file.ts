import { type FileHandle, open } from 'node:fs/promises';
import { MirrorError } from '../errors.ts';
import { absentIfMissing } from './absent-if.ts';
import type { UpstreamDeps } from './upstream-deps.ts';

/** A document of a folder, open to be read once. `etag` stands for its size and time of change, `total` is in bytes. */
interface FolderFile {
  bytes: AsyncIterable<Uint8Array>;
  total: number;
  etag: string;
}

/**
 * Open a document that lies in a folder of this machine.
 *
 * @param known what it is called in errors, and the validator of last time.
 * @returns undefined when there is none.
 * @throws {MirrorError} `source_refused` outside the allowed roots; while reading, `upstream_unavailable` (transient) when
 *   the file changes meanwhile.
 */
export async function openFolderFile(
  deps: UpstreamDeps,
  path: string,
  known: { url: string; etag: string | null },
): Promise<FolderFile | 'unchanged' | undefined> {
  const file = await deps.guard.path(path).catch(absentIfMissing);
  if (file === undefined) return undefined;
  const handle = await open(file);
  try {
    const etag = await validator(handle);
    if (known.etag === etag) {
      await handle.close();
      return 'unchanged';
    }
    const { size } = await handle.stat();
    return { bytes: settled(handle, etag, known.url, deps.signal), total: size, etag };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function validator(handle: FileHandle): Promise<string> {
  const { size, mtimeNs } = await handle.stat({ bigint: true });
  return `"${size}-${mtimeNs}"`;
}

/** The bytes of a file that nobody changes while it is read. */
async function* settled(
  handle: FileHandle,
  etag: string,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of handle.createReadStream({
      autoClose: false,
      highWaterMark: 256 * 1024,
      signal: signal ?? undefined,
    })) {
      yield chunk as Uint8Array;
    }
    if ((await validator(handle)) !== etag) {
      throw new MirrorError('upstream_unavailable', `${url} changed while it was read.`, {
        wanted: 'a file at rest',
        found: 'a file being written',
        transient: true,
      });
    }
  } finally {
    await handle.close();
  }
}

import { MirrorError } from '../errors.ts';
import type { SourceFile } from '../fetch/source-folder.ts';
import { absentIfMissing } from './absent-if.ts';
import type { UpstreamDeps } from './upstream-deps.ts';

/** A document of a folder, open to be read once. `etag` stands for its content, `total` is in bytes. */
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
  const file = await deps.guard.file(path).catch(absentIfMissing);
  if (file === undefined) return undefined;
  try {
    const etag = await file.etag();
    if (known.etag === etag) {
      await file.close();
      return 'unchanged';
    }
    return { bytes: settled(file, etag, known.url, deps.signal), total: file.size, etag };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The bytes of a file that nobody changes while it is read. */
async function* settled(
  file: SourceFile,
  etag: string,
  url: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* file.bytes(0, signal);
    if ((await file.etag()) !== etag) {
      throw new MirrorError('upstream_unavailable', `${url} changed while it was read.`, {
        wanted: 'a file at rest',
        found: 'a file being written',
        transient: true,
      });
    }
  } finally {
    await file.close();
  }
}

import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MirrorError } from '../../errors.ts';
import type { UpstreamDeps } from './conda-upstream.ts';
import { openDocument } from './document.ts';
import type { DocumentAnswer, KnownPart } from './find-document.ts';

/**
 * The index of one subdir of a channel that lies in a folder of this machine. Size and time of change are its validator.
 *
 * @throws {MirrorError} `source_refused` outside the allowed roots; while reading, `upstream_unavailable` (transient) when
 *   the file changes meanwhile.
 */
export async function findFolderDocument(
  deps: UpstreamDeps,
  subdir: string,
  folder: string,
  known: KnownPart | undefined,
): Promise<DocumentAnswer> {
  const path = await deps.guard.path(folder).catch(absentIfMissing);
  if (path === undefined || !(await stat(path)).isDirectory()) return { status: 'absent' };
  for (const encoding of ['zst', 'json'] as const) {
    const name = `repodata.json${encoding === 'zst' ? '.zst' : ''}`;
    const file = await deps.guard.path(join(path, name)).catch(absentIfMissing);
    if (file === undefined) continue;
    const url = pathToFileURL(join(folder, name)).href;
    const handle = await open(file);
    try {
      const etag = await validator(handle);
      if (known?.document_url === url && known.etag === etag) {
        await handle.close();
        return { status: 'unchanged' };
      }
      const { size } = await handle.stat();
      const bytes = settled(handle, etag, url, deps.signal);
      const document = await openDocument({ url, subdir, encoding, bytes, total: size, etag, lastModified: null });
      return { status: 'document', document, zstAbsent: encoding === 'json' };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
  return { status: 'folder', path };
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

function absentIfMissing(error: unknown): undefined {
  if (error instanceof MirrorError && error.code === 'upstream_missing') return undefined;
  throw error;
}

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { absentIfMissing } from '../absent-if.ts';
import { openFolderFile } from '../folder-file.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
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
  const files = await deps.guard.folder(folder).catch(absentIfMissing);
  if (files === undefined) return { status: 'absent' };
  for (const encoding of ['zst', 'json'] as const) {
    const name = `repodata.json${encoding === 'zst' ? '.zst' : ''}`;
    const url = pathToFileURL(join(folder, name)).href;
    const file = await openFolderFile(deps, join(folder, name), {
      url,
      etag: known?.document_url === url ? known.etag : null,
    });
    if (file === 'unchanged') return { status: 'unchanged' };
    if (file === undefined) continue;
    const document = await openDocument({ url, subdir, encoding, ...file, lastModified: null });
    return { status: 'document', document, zstAbsent: encoding === 'json' };
  }
  return { status: 'folder', files };
}

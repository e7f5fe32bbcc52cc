import type { SourcePartRow } from '@sluice/catalog';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import type { SourceFolder } from '../../fetch/source-folder.ts';
import { absentIfMissing, absentIfNone } from '../absent-if.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { absenceMs, isBelieved } from './absence.ts';
import { ask } from './ask.ts';
import { type OpenDocument, openDocument } from './document.ts';
import { findFolderDocument } from './folder-document.ts';
import { channelLocation, channelUrl } from './locate.ts';

/** What was known of a part before; undefined when it is new. */
export type KnownPart = Pick<SourcePartRow, 'document_url' | 'etag' | 'last_modified' | 'zst_absent_at'>;

/**
 * What the upstream has for one subdir.
 *
 *     unchanged  the validators still hold: nothing to read
 *     document   a repodata document; `zstAbsent` when the compressed one was looked for in vain
 *     folder     a folder of this machine with packages but without an index
 *     absent     no such subdir
 */
export type DocumentAnswer =
  | { status: 'unchanged' }
  | { status: 'document'; document: OpenDocument; zstAbsent: boolean }
  | { status: 'folder'; files: SourceFolder }
  | { status: 'absent' };

/**
 * Find the index of one subdir: `repodata.json.zst`, else `repodata.json`, asked with the validators of last time.
 *
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws, `upstream_malformed`, `source_refused`.
 */
export async function findDocument(
  deps: UpstreamDeps,
  subdir: string,
  known: KnownPart | undefined,
  now: Date,
): Promise<DocumentAnswer> {
  const folder = channelLocation(deps.address, subdir);
  if (folder.kind === 'file') return findFolderDocument(deps, subdir, folder.path, known);
  const skipZst = isBelieved(known?.zst_absent_at, now, absenceMs.zst);
  if (!skipZst) {
    const answer = await tryZst(deps, subdir, known);
    if (answer) return answer;
  }
  const answer = await askDocument(deps, subdir, 'json', known).catch(absentIfMissing);
  if (answer === undefined) return { status: 'absent' };
  if (answer === 'unchanged') return { status: 'unchanged' };
  return { status: 'document', document: await opened(deps, subdir, 'json', answer), zstAbsent: true };
}

/** The compressed document, or undefined when the upstream has none. Any 4xx and any page that is no zstd mean none. */
async function tryZst(
  deps: UpstreamDeps,
  subdir: string,
  known: KnownPart | undefined,
): Promise<DocumentAnswer | undefined> {
  try {
    const answer = await askDocument(deps, subdir, 'zst', known);
    if (answer === 'unchanged') return { status: 'unchanged' };
    return { status: 'document', document: await opened(deps, subdir, 'zst', answer), zstAbsent: false };
  } catch (error) {
    return absentIfNone(error);
  }
}

function askDocument(deps: UpstreamDeps, subdir: string, encoding: 'json' | 'zst', known: KnownPart | undefined) {
  return ask(deps, documentPath(subdir, encoding), encoding, {
    url: known?.document_url ?? null,
    etag: known?.etag ?? null,
    lastModified: known?.last_modified ?? null,
  });
}

function opened(
  deps: UpstreamDeps,
  subdir: string,
  encoding: 'json' | 'zst',
  answer: HttpAnswer,
): Promise<OpenDocument> {
  const length = answer.headers['content-length'];
  return openDocument({
    url: channelUrl(deps.address, documentPath(subdir, encoding)),
    subdir,
    encoding,
    gzipped: encoding === 'json' && answer.headers['content-encoding'] === 'gzip',
    bytes: answer.body,
    total: length === undefined ? undefined : Number(length),
    etag: answer.headers.etag ?? null,
    lastModified: answer.headers['last-modified'] ?? null,
  });
}

function documentPath(subdir: string, encoding: 'json' | 'zst'): string {
  return `${subdir}/repodata.json${encoding === 'zst' ? '.zst' : ''}`;
}

import type { SourcePartRow } from '@sluice/catalog';
import { MirrorError } from '../../errors.ts';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import { proxyWithSecret } from '../../source-address.ts';
import type { UpstreamDeps } from './conda-upstream.ts';
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
  | { status: 'folder'; path: string }
  | { status: 'absent' };

/** How long an upstream's word that it has no compressed document is believed. */
const absenceMs = 7 * 24 * 3600 * 1000;

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
  const skipZst = known?.zst_absent_at != null && now.getTime() - known.zst_absent_at.getTime() < absenceMs;
  if (!skipZst) {
    const answer = await tryZst(deps, subdir, known);
    if (answer) return answer;
  }
  const answer = await ask(deps, subdir, 'json', known).catch(absentIfMissing);
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
    const answer = await ask(deps, subdir, 'zst', known);
    if (answer === 'unchanged') return { status: 'unchanged' };
    return { status: 'document', document: await opened(deps, subdir, 'zst', answer), zstAbsent: false };
  } catch (error) {
    const none =
      error instanceof MirrorError &&
      ['upstream_missing', 'upstream_denied', 'upstream_malformed'].includes(error.code);
    if (none) return undefined;
    throw error;
  }
}

async function ask(
  deps: UpstreamDeps,
  subdir: string,
  encoding: 'json' | 'zst',
  known: KnownPart | undefined,
): Promise<HttpAnswer | 'unchanged'> {
  const path = documentPath(subdir, encoding);
  const location = channelLocation(deps.address, path);
  if (location.kind !== 'http') throw new TypeError('a channel of the network has its documents there');
  const same = known?.document_url === channelUrl(deps.address, path);
  const answer = await deps.http.open({
    url: location.url,
    headers: {
      accept: encoding === 'json' ? 'application/json, */*;q=0.5' : 'application/zstd, */*;q=0.5',
      'accept-encoding': encoding === 'json' ? 'gzip' : 'identity',
      ...(same && known.etag !== null ? { 'if-none-match': known.etag } : {}),
      ...(same && known.last_modified !== null ? { 'if-modified-since': known.last_modified } : {}),
    },
    proxy: proxyWithSecret(deps.address.proxy, deps.address.secret),
    signal: deps.signal,
  });
  if (answer.status === 200) return answer;
  await answer.discard();
  if (answer.status === 304) return 'unchanged';
  throw new MirrorError(
    'upstream_malformed',
    `The upstream answered ${channelUrl(deps.address, path)} with status ${answer.status} unasked.`,
    {
      wanted: 'status 200',
      found: `status ${answer.status}`,
    },
  );
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

function absentIfMissing(error: unknown): undefined {
  if (error instanceof MirrorError && error.code === 'upstream_missing') return undefined;
  throw error;
}

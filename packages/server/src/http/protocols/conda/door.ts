import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseFileName } from '@sluice/formats/conda';
import type { FileAnswer, ResolvedRef } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import type { Remembered } from '../../remembered.ts';
import { requestContext } from '../../request-context.ts';
import type { Answer } from '../answer.ts';
import { PACKAGE_CACHE_CONTROL, revalidated } from '../cache-control.ts';
import { type ChannelGateDeps, readableChannel } from '../channel-gate.ts';
import { parseRepoPath, type RepoPath } from '../repo-path.ts';
import { type SendDeps, sendAnswer } from '../send-answer.ts';
import { type FetchingDeps, sendFetched } from '../send-fetched.ts';
import { type DocumentDeps, documentAnswer } from './document-answer.ts';
import { documentRequest } from './documents.ts';
import { fileRefusal } from './file-refusal.ts';
import { type Place, placeName } from './place.ts';
import { type ShardFinder, shardAnswer, shardRequest } from './shard-answer.ts';

/** What the conda door works with. All memories are flushed by `sluice_changed`. */
export interface CondaDoorDeps extends ChannelGateDeps, DocumentDeps, FetchingDeps, SendDeps {
  /** The notices.json of a channel, by its number. */
  notices: Remembered<number, { bytes: Buffer; etag: string }>;
  /** Which publication of a channel a ref in a path means. */
  resolveRef: (channelId: number, ref: string) => Promise<ResolvedRef>;
  findShard: ShardFinder;
  /** The judged answer for one file of the head or of an older publication; remembered, so bytes may have arrived since. */
  judge: (channelId: number, no: number | undefined, subdir: string, file: string) => Promise<FileAnswer>;
  countDownload: (channelId: number) => void;
}

/** The conda protocol below `/api/repo/<channel>[/<subchannel>][@<ref>]/`. @see CEP 16, CEP 26, CEP 36 */
export function condaDoor(deps: CondaDoorDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const path = parseRepoPath((request.url ?? '').split('?', 1)[0] as string);
    if (!path) return false;
    requestContext(request).route = '/api/repo/*';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new ServerError(
        'method_not_allowed',
        'Packages are read here; upload them by POST /api/channels/<channel>/artifacts.',
      );
    }
    const place = await findPlace(deps, path, request);
    await serve(deps, place, path.rest, request, response);
    return true;
  };
}

/** The channel first: who may not see it learns nothing of its publications. */
async function findPlace(deps: CondaDoorDeps, path: RepoPath, request: IncomingMessage): Promise<Place> {
  const channel = await readableChannel(deps, request, path.channel);
  const vary = channel.privacy === 'public' ? undefined : 'Authorization, X-Auth';
  if (path.ref === undefined) return { channel, at: undefined, vary };
  const { no } = await deps.resolveRef(channel.id, path.ref);
  return { channel, at: { ref: path.ref, no }, vary };
}

async function serve(
  deps: CondaDoorDeps,
  place: Place,
  rest: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (answer: Answer) => sendAnswer(deps, request, response, answer);
  const document = documentRequest(rest);
  if (document) return send(await documentAnswer(deps, place, document, request));
  const shard = shardRequest(rest);
  if (shard) return send(await shardAnswer(deps.findShard, place, shard));
  if (rest === 'notices.json') return send(await noticesAnswer(deps, place));
  const [subdir, file, ...more] = rest.split('/');
  if (!subdir || !file || more.length > 0 || !isPackageFile(file)) {
    throw new ServerError('file_missing', `Channel ${placeName(place)} has nothing at "${rest}".`);
  }
  return serveFile(deps, place, subdir, file, request, response);
}

async function noticesAnswer(deps: CondaDoorDeps, { channel, vary }: Place): Promise<Answer> {
  const { bytes, etag } = await deps.notices.get(channel.id);
  const body = { kind: 'bytes', bytes } as const;
  return { etag, contentType: 'application/json', cacheControl: revalidated(channel), vary, body };
}

async function serveFile(
  deps: CondaDoorDeps,
  place: Place,
  subdir: string,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { channel, at, vary } = place;
  const found = await deps.judge(channel.id, at?.no, subdir, file);
  if (found.status !== 'served') throw fileRefusal(placeName(place), `${subdir}/${file}`, found);
  if (countsAsDownload(request)) deps.countDownload(channel.id);
  const head = {
    contentType: file.endsWith('.bz2') ? 'application/x-bzip2' : 'application/octet-stream',
    lastModified: found.published_at,
    cacheControl: PACKAGE_CACHE_CONTROL,
    vary,
    downloadOf: channel.id,
  };
  if (!found.blob) return sendFetched(deps, found, request, response, head);
  const etag = `"${blobRef(found.blob).sha256}"`;
  return sendAnswer(deps, request, response, { ...head, etag, body: { kind: 'blob', blob: found.blob } });
}

/** Counted once: not for HEAD, nor for the later parts of a download that is taken up again. */
function countsAsDownload(request: IncomingMessage): boolean {
  return request.method === 'GET' && /^(bytes=0-)?/.exec(request.headers.range ?? 'bytes=0-')?.[0] === 'bytes=0-';
}

function isPackageFile(file: string): boolean {
  try {
    parseFileName(file);
    return true;
  } catch {
    return false;
  }
}

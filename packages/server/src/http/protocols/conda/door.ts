import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChannelRow } from '@sluice/catalog';
import { parseFileName } from '@sluice/formats/conda';
import type { FileAnswer } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import type { Remembered } from '../../remembered.ts';
import { requestContext } from '../../request-context.ts';
import { type ChannelGateDeps, readableChannel } from '../channel-gate.ts';
import { isNotModified, setValidators, type Validators } from '../conditional.ts';
import { parseRepoPath } from '../repo-path.ts';
import { sendBlob } from '../send-blob.ts';
import { type FetchingDeps, sendFetched } from '../send-fetched.ts';
import { type Documents, documentRequest, hasEmptyDocument } from './documents.ts';
import { emptyBody } from './empty-document.ts';
import { fileRefusal } from './file-refusal.ts';

/** What the conda door works with. All memories are flushed by `sluice_changed`. */
export interface CondaDoorDeps extends ChannelGateDeps, FetchingDeps {
  /** The documents of a channel's head, by the channel's number. */
  documents: Remembered<number, Documents>;
  /** The notices.json of a channel, by its number. */
  notices: Remembered<number, { bytes: Buffer; etag: string }>;
  /** The judged answer for one file; remembered by whoever gives it, so bytes may have arrived since. */
  judge: (channelId: number, subdir: string, file: string) => Promise<FileAnswer>;
  countDownload: (channelId: number) => void;
}

const day = 86_400;

/** The conda protocol below `/api/repo/<channel>[/<subchannel>]/`. @see CEP 26, CEP 36 */
export function condaDoor(deps: CondaDoorDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const place = parseRepoPath((request.url ?? '').split('?', 1)[0] as string);
    if (!place) return false;
    requestContext(request).route = '/api/repo/*';
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new ServerError(
        'method_not_allowed',
        'Packages are read here; upload them by POST /api/channels/<channel>/artifacts.',
      );
    }
    const channel = await readableChannel(deps, request, place.channel);
    await serve(deps, channel, place.rest, request, response);
    return true;
  };
}

async function serve(
  deps: CondaDoorDeps,
  channel: ChannelRow,
  rest: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (channel.privacy !== 'public') response.setHeader('Vary', 'Authorization, X-Auth');
  const document = documentRequest(rest);
  if (document) return serveDocument(deps, channel, document, request, response);
  if (rest === 'notices.json') {
    const { bytes, etag } = await deps.notices.get(channel.id);
    return sendBytes(request, response, channel, { bytes, etag, contentType: 'application/json' });
  }
  const [subdir, file, ...more] = rest.split('/');
  if (!subdir || !file || more.length > 0 || !isPackageFile(file)) {
    throw new ServerError('file_missing', `Channel ${channel.path} has nothing at "${rest}".`);
  }
  return serveFile(deps, channel, subdir, file, request, response);
}

async function serveDocument(
  deps: CondaDoorDeps,
  channel: ChannelRow,
  { key, unpack }: { key: string; unpack: boolean },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const contentType = unpack ? 'application/json' : 'application/zstd';
  const row = (await deps.documents.get(channel.id)).get(key);
  if (row) {
    const digest = Buffer.from(row.sha256).toString('hex').slice(0, 32);
    return sendBlob(deps.storage, request, response, {
      blob: row,
      contentType,
      etag: unpack ? `"${digest}-plain"` : `"${digest}"`,
      lastModified: row.created_at,
      cacheControl: revalidated(channel),
      unpack,
    });
  }
  const subdirShown = (await deps.documents.get(channel.id)).has(`${key.split('/')[0]}/repodata.json.zst`);
  if (subdirShown || !hasEmptyDocument(key)) {
    throw new ServerError(
      'file_missing',
      `Channel ${channel.path} has no ${unpack ? key.replace(/\.zst$/, '') : key}.`,
    );
  }
  const lastModified = channel.created_at;
  return sendBytes(request, response, channel, { ...emptyBody(key, unpack), lastModified, contentType });
}

async function serveFile(
  deps: CondaDoorDeps,
  channel: ChannelRow,
  subdir: string,
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const answer = await deps.judge(channel.id, subdir, file);
  if (answer.status !== 'served') throw fileRefusal(channel.path, `${subdir}/${file}`, answer);
  if (countsAsDownload(request)) deps.countDownload(channel.id);
  const body = {
    contentType: file.endsWith('.bz2') ? 'application/x-bzip2' : 'application/octet-stream',
    lastModified: answer.published_at,
    // A name means the same bytes for ever; but whether they are let through is asked anew of every client.
    cacheControl: `private, max-age=${365 * day}, immutable`,
  };
  if (!answer.blob) return sendFetched(deps, answer, request, response, body);
  const etag = `"${blobRef(answer.blob).sha256}"`;
  return sendBlob(deps.storage, request, response, { ...body, blob: answer.blob, etag });
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

function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  channel: ChannelRow,
  { bytes, contentType, ...validators }: Validators & { bytes: Buffer; contentType: string },
): void {
  setValidators(response, validators);
  response.setHeader('Cache-Control', revalidated(channel));
  if (isNotModified(request, validators)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'Content-Type': contentType, 'Content-Length': bytes.byteLength });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** Kept by caches, but asked after each time: a 304 is cheap, and the index may lag the rules by two seconds only. */
function revalidated(channel: ChannelRow): string {
  return `${channel.privacy === 'public' ? 'public' : 'private'}, no-cache`;
}

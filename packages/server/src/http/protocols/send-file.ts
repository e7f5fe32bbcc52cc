import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FileAnswer } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { PACKAGE_CACHE_CONTROL } from './cache-control.ts';
import { fileRefusal } from './file-refusal.ts';
import { type Place, placeName } from './place.ts';
import { type SendDeps, sendAnswer } from './send-answer.ts';
import { type FetchingDeps, sendFetched } from './send-fetched.ts';

/** What sending a package file works with. */
export interface SendFileDeps extends FetchingDeps, SendDeps {
  /** The judged answer for one file of the head or of an older publication; remembered, so bytes may have arrived since. */
  judge: (channelId: number, no: number | undefined, part: string, file: string) => Promise<FileAnswer>;
  countDownload: (channelId: number) => void;
}

/** A package file: the part of the source it stands in, its key there, and how it is called to people. */
export interface WantedFile {
  part: string;
  file: string;
  contentType: string;
  shown: string;
}

/**
 * Answer with a package file, if the rules in force allow it: from the store, or from the upstream while it is stored.
 *
 * @throws {ServerError} what {@link fileRefusal} says; {@link MirrorError} when the upstream does not give it.
 */
export async function sendFile(
  deps: SendFileDeps,
  place: Place,
  { part, file, contentType, shown }: WantedFile,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { channel, at, vary } = place;
  const found = await deps.judge(channel.id, at?.no, part, file);
  if (found.status !== 'served') throw fileRefusal(placeName(place), shown, found);
  if (countsAsDownload(request)) deps.countDownload(channel.id);
  const head = {
    contentType,
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

import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findBlob } from '@sluice/catalog';
import { parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import type { FileFetcher, Inflight } from '@sluice/mirror';
import type { ServedFile } from '@sluice/publish';
import { type Answer, type AnswerHead, validatorHeaders } from './answer.ts';
import { parseRange, refuseRange } from './byte-range.ts';
import { conditionsOf, isNotModified, rangeApplies } from './conditional.ts';
import { type SendDeps, sendAnswer } from './send-answer.ts';

/** What sending a file that is not local needs. */
export interface FetchingDeps {
  db: Parameters<typeof findBlob>[0];
  fetcher: FileFetcher;
}

/** What is known of the answer before the bytes are. */
type Head = Omit<Answer, 'body' | 'etag'>;

/**
 * Answer with a file whose bytes are still at the upstream: they are stored and hashed while they go out.
 *
 * The answer begins before the file is verified, but its last bytes are held back until it is: a wrong file is cut, never
 * complete. `HEAD` is answered from the record when that says size and digest, without asking the upstream. Once the bytes
 * are here `served` says where, so that nobody asks for them again.
 *
 * @throws {MirrorError} before the first byte, when the upstream does not give the file.
 */
export async function sendFetched(
  deps: FetchingDeps & SendDeps,
  served: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
  head: Head,
): Promise<void> {
  const { expected, part, record } = served;
  const etag = expected.sha256 === undefined ? undefined : `"${expected.sha256}"`;
  if (isNotModified(conditionsOf(request), { ...head, etag })) {
    response.writeHead(304, headersOf({ ...head, etag })).end();
    return;
  }
  if (request.method === 'HEAD' && expected.size !== undefined && etag !== undefined) {
    const whole = ['Accept-Ranges', 'bytes', 'Content-Length', String(expected.size)];
    response.writeHead(200, [...headersOf({ ...head, etag }), ...whole]).end();
    return;
  }
  const fetched = await deps.fetcher.fetch({ part, file: record.file, from_rev: record.from_rev, expected });
  if (fetched.kind === 'local' || request.method === 'HEAD') {
    const { sha256 } = fetched.kind === 'local' ? fetched : await fetched.done;
    const blob = await findBlob(deps.db, Buffer.from(sha256ToBytes(parseSha256(sha256))));
    if (blob) {
      served.blob = blob;
      return sendAnswer(deps, request, response, { ...head, etag: `"${sha256}"`, body: { kind: 'blob', blob } });
    }
  }
  if (fetched.kind === 'inflight') await sendInflight(fetched, request, response, { ...head, etag });
}

async function sendInflight(
  inflight: Inflight,
  request: IncomingMessage,
  response: ServerResponse,
  head: AnswerHead,
): Promise<void> {
  const { size } = inflight;
  const headers = headersOf(head);
  const range = size !== undefined && rangeApplies(request, head) ? parseRange(request.headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    refuseRange(response, size!);
    return;
  }
  if (size !== undefined) {
    headers.push('Accept-Ranges', 'bytes', 'Content-Length', String(range ? range.end - range.start : size));
  }
  if (range) headers.push('Content-Range', `bytes ${range.start}-${range.end - 1}/${size}`);
  response.writeHead(range ? 206 : 200, headers);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await pipeline(Readable.from(inflight.read(range, gone.signal)), response);
}

function headersOf(head: AnswerHead): string[] {
  return [...validatorHeaders(head), 'Content-Type', head.contentType];
}

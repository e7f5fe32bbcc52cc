import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findBlob } from '@sluice/catalog';
import { parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import type { FileFetcher, Inflight } from '@sluice/mirror';
import type { ServedFile } from '@sluice/publish';
import { parseRange } from './byte-range.ts';
import { isNotModified, rangeApplies, setValidators } from './conditional.ts';
import { type Body, sendBlob } from './send-blob.ts';

/** What sending a file that is not local needs. */
export interface FetchingDeps {
  db: Parameters<typeof findBlob>[0];
  storage: Parameters<typeof sendBlob>[0];
  fetcher: FileFetcher;
}

/**
 * Answer with a file whose bytes are still at the upstream: they are stored and hashed while they go out.
 *
 * The answer begins before the file is verified, but its last bytes are held back until it is: a wrong file is cut, never
 * complete. `HEAD` is answered from the record when that says size and digest, without asking the upstream.
 *
 * @throws {MirrorError} before the first byte, when the upstream does not give the file.
 */
export async function sendFetched(
  deps: FetchingDeps,
  served: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
  body: Omit<Body, 'blob' | 'etag'>,
): Promise<void> {
  const { expected, part, record } = served;
  const etag = expected.sha256 === undefined ? undefined : `"${expected.sha256}"`;
  if (isNotModified(request, { ...body, etag })) {
    setHeaders(response, { ...body, etag });
    response.writeHead(304).end();
    return;
  }
  if (request.method === 'HEAD' && expected.size !== undefined && etag !== undefined) {
    setHeaders(response, { ...body, etag });
    response.writeHead(200, { 'Accept-Ranges': 'bytes', 'Content-Length': expected.size }).end();
    return;
  }
  const fetched = await deps.fetcher.fetch({ part, file: record.file, from_rev: record.from_rev, expected });
  if (fetched.kind === 'local' || request.method === 'HEAD') {
    const { sha256 } = fetched.kind === 'local' ? fetched : await fetched.done;
    const blob = await findBlob(deps.db, Buffer.from(sha256ToBytes(parseSha256(sha256))));
    if (blob) return sendBlob(deps.storage, request, response, { ...body, blob, etag: `"${sha256}"` });
  }
  if (fetched.kind === 'inflight') await sendInflight(fetched, request, response, { ...body, etag });
}

async function sendInflight(
  inflight: Inflight,
  request: IncomingMessage,
  response: ServerResponse,
  body: Omit<Body, 'blob' | 'etag'> & { etag: string | undefined },
): Promise<void> {
  const { size } = inflight;
  setHeaders(response, body);
  const range = size !== undefined && rangeApplies(request, body) ? parseRange(request.headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  if (size !== undefined) {
    response.setHeader('Accept-Ranges', 'bytes');
    response.setHeader('Content-Length', range ? range.end - range.start : size);
  }
  if (range) response.setHeader('Content-Range', `bytes ${range.start}-${range.end - 1}/${size}`);
  response.statusCode = range ? 206 : 200;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await pipeline(Readable.from(inflight.read(range, gone.signal)), response);
}

function setHeaders(response: ServerResponse, body: Omit<Body, 'blob' | 'etag'> & { etag: string | undefined }): void {
  setValidators(response, body);
  response.setHeader('Cache-Control', body.cacheControl);
  response.setHeader('Content-Type', body.contentType);
}

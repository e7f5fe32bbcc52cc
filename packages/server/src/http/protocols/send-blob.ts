import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { type BlobColumns, type BlobStore, blobRef } from '@sluice/storage';
import { parseRange } from './byte-range.ts';
import { isNotModified, rangeApplies, setValidators, type Validators } from './conditional.ts';
import { zstdContentSize } from './zstd-content-size.ts';

/** A body to send: where its bytes are and what the answer says of it. */
export interface Body extends Validators {
  blob: BlobColumns;
  contentType: string;
  cacheControl: string;
  /** The blob is a zstd file and the client asked for what is in it. */
  unpack?: boolean;
}

/**
 * Answer a GET or HEAD with a stored blob: 200, 206, 304 or 416, with the headers a GET would have on HEAD too.
 *
 * Bytes are sent as they are, never encoded again (formats.md §0.1). An unpacked body is not cut into ranges: none of the
 * clients asks for one, and each would have to unpack from the start.
 */
export async function sendBlob(
  storage: BlobStore,
  request: IncomingMessage,
  response: ServerResponse,
  body: Body,
): Promise<void> {
  setValidators(response, body);
  response.setHeader('Cache-Control', body.cacheControl);
  if (isNotModified(request, body)) {
    response.writeHead(304).end();
    return;
  }
  response.setHeader('Content-Type', body.contentType);
  if (body.unpack) return sendUnpacked(storage, request, response, body.blob);
  const { size } = body.blob;
  response.setHeader('Accept-Ranges', 'bytes');
  const range = rangeApplies(request, body) ? parseRange(request.headers.range, size) : undefined;
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  const span = range ?? { start: 0, end: size };
  response.statusCode = range ? 206 : 200;
  if (range) response.setHeader('Content-Range', `bytes ${span.start}-${span.end - 1}/${size}`);
  response.setHeader('Content-Length', span.end - span.start);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const read = await storage.createRead(blobRef(body.blob), span);
  await read.send(response);
  response.end();
}

async function sendUnpacked(
  storage: BlobStore,
  request: IncomingMessage,
  response: ServerResponse,
  blob: BlobColumns,
): Promise<void> {
  const ref = blobRef(blob);
  const size = await zstdContentSize(storage, ref);
  if (size !== undefined) response.setHeader('Content-Length', size);
  response.statusCode = 200;
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(storage.open(ref), createZstdDecompress(), response);
}

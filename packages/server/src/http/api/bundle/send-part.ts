import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { BundlePartRow, BundleRow } from '@sluice/catalog';
import { partFileName } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { MirrorError } from '@sluice/mirror';
import type { FastifyReply } from 'fastify';
import { parseRange } from '../../protocols/byte-range.ts';
import { rangeApplies } from '../../protocols/conditional.ts';

/**
 * Send the file of a part, or what is left of it: a download that broke off goes on.
 *
 * @throws {MirrorError} `bundle_part_missing`, `bundle_open` while it is being written.
 */
export async function sendPart(
  { series, serial, base_serial: base }: BundleRow,
  part: BundlePartRow | undefined,
  request: IncomingMessage,
  reply: FastifyReply,
): Promise<void> {
  if (!part) throw missing('There is no such part.', 'none');
  if (part.state === 'todo' || part.place === null) {
    throw new MirrorError('bundle_open', 'This part is not written yet: ask again in a while.', { found: part.state });
  }
  const { bytes, sha256, place } = part;
  if (place.startsWith('s3://')) throw missing(`This part lies at ${place}: fetch it from there.`, place);
  const file = await open(place).catch((cause: unknown) => {
    throw missing(`The file of this part is not at ${place} any more: make the bundle again.`, place, cause);
  });
  try {
    const etag = `"${sha256 ? bytesToHex(sha256) : part.part}"`;
    const range = rangeApplies(request, { etag }) ? parseRange(request.headers.range, bytes) : undefined;
    const headers = {
      'Content-Type': 'application/x-tar',
      'Content-Disposition': `attachment; filename="${partFileName({ series, serial, base, part: part.part })}"`,
      'Accept-Ranges': 'bytes',
      'Cache-Control': 'no-store',
      ETag: etag,
    };
    reply.hijack();
    if (range === 'unsatisfiable') {
      reply.raw.writeHead(416, { ...headers, 'Content-Range': `bytes */${bytes}` }).end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: bytes };
    const spanned = range && { 'Content-Range': `bytes ${start}-${end - 1}/${bytes}` };
    reply.raw.writeHead(range ? 206 : 200, { ...headers, ...spanned, 'Content-Length': end - start });
    const read = createReadStream('', { fd: file, autoClose: false, start, end: end - 1, highWaterMark: 1 << 20 });
    // A client that leaves is no fault of ours.
    await pipeline(read, reply.raw).catch(() => reply.raw.destroy());
  } finally {
    await file.close();
  }
}

function missing(message: string, found: string, cause?: unknown): MirrorError {
  return new MirrorError('bundle_part_missing', message, { found, cause });
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type BlobColumns, type BlobStore, blobRef, readChecked } from '@sluice/storage';
import type { AccelPath } from './accel.ts';
import { type Answer, type Rewrite, validatorHeaders } from './answer.ts';
import type { BodyMemory, RememberedBody } from './body-memory.ts';
import { type ByteSpan, parseRange, refuseRange } from './byte-range.ts';
import { conditionsOf, isNotModified, rangeApplies } from './conditional.ts';
import type { Unpacking } from './unpacking.ts';
import { zstdContentSize } from './zstd-content-size.ts';

/** An answer whose headers are known and whose body is at hand, if it is small. */
export interface ReadyAnswer {
  answer: Answer;
  /** Of a 304, and of every other answer too: name and value in turn. */
  validatorHeaders: string[];
  /** Of the body as a whole; undefined where a length cannot be told before. */
  length: number | undefined;
  /** Headers of the body beside its length and validators. */
  bodyHeaders: string[];
  /** The small body, so that nothing has to be read for it. */
  small: RememberedBody | undefined;
}

/** What sending works with. */
export interface SendDeps {
  storage: BlobStore;
  memory: BodyMemory;
  unpacking: Unpacking;
  /** Where the server in front finds a blob, if it is to send it. */
  accelPath: AccelPath;
  /** Called with every answer before it is sent: the same request again may be answered with it. */
  onReady: (request: IncomingMessage, ready: ReadyAnswer) => void;
}

/** Bodies of at most so many bytes are held in memory; those of indexes and shards up to the second number. */
const smallBytes = 64 * 1024;
const smallIndexBytes = 2 * 1024 * 1024;

const decompress = promisify(zstdDecompress);

/**
 * Answer a GET or HEAD: 200, 206, 304 or 416, with the headers a GET would have on HEAD too.
 *
 * Stored bytes are sent as they are. An unpacked or encoded body is not cut into ranges: none of the clients asks for one.
 */
export async function sendAnswer(
  deps: SendDeps,
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
): Promise<void> {
  const { body } = answer;
  const accel =
    body.kind === 'blob' && !body.encoded && !isSmall(body) ? deps.accelPath(request, body.blob) : undefined;
  const ready = await makeReady(deps, answer);
  if (accel === undefined) deps.onReady(request, ready);
  if (isNotModified(conditionsOf(request), answer)) {
    response.writeHead(304, ready.validatorHeaders).end();
    return;
  }
  const headers = [...ready.validatorHeaders, ...ready.bodyHeaders];
  if (accel !== undefined) {
    // Ranges are the business of whoever sends the bytes.
    response.writeHead(200, [...headers, 'X-Accel-Redirect', accel]).end();
    return;
  }
  const size = ready.length;
  const cuttable = body.kind === 'blob' && !body.encoded && rangeApplies(request, answer);
  const range = cuttable ? parseRange(request.headers.range, body.blob.size) : undefined;
  if (range === 'unsatisfiable') {
    refuseRange(response, size!);
    return;
  }
  if (range) headers.push('Content-Range', `bytes ${range.start}-${range.end - 1}/${size}`);
  if (size !== undefined) headers.push('Content-Length', String(range ? range.end - range.start : size));
  // Opened before the head is written: what cannot be had is a problem to tell, not an answer to cut.
  const send = request.method === 'HEAD' ? async () => void response.end() : await openBody(deps, ready, range);
  response.writeHead(range ? 206 : 200, headers);
  await send(response);
}

async function makeReady(deps: SendDeps, answer: Answer): Promise<ReadyAnswer> {
  const { contentType, body } = answer;
  const bodyHeaders = ['Content-Type', contentType];
  if ((body.kind === 'blob' || body.kind === 'made') && body.encoded) {
    bodyHeaders.push('Content-Encoding', body.encoded);
  } else if (body.kind === 'blob') bodyHeaders.push('Accept-Ranges', 'bytes');
  return { answer, validatorHeaders: validatorHeaders(answer), bodyHeaders, ...(await smallBody(deps, answer)) };
}

async function smallBody(
  { storage, memory }: SendDeps,
  { body }: Answer,
): Promise<Pick<ReadyAnswer, 'length' | 'small'>> {
  if (body.kind === 'bytes') return { length: body.bytes.byteLength, small: { bytes: body.bytes, used: true } };
  if (body.kind === 'made') {
    const small = await memory.load(body.key, body.make);
    // What was just made is at hand, or as soon as it is made again.
    return { length: small.bytes?.byteLength, small };
  }
  const ref = blobRef(body.blob);
  if (body.kind === 'blob') {
    const small = isSmall(body) ? await memory.load(ref.sha256, () => readChecked(storage, ref)) : undefined;
    return { length: ref.size, small };
  }
  const length = await zstdContentSize(storage, ref);
  if (length === undefined || length > smallIndexBytes) {
    return { length: body.rewrite ? undefined : length, small: undefined };
  }
  const unpack = async () => decompress(await readChecked(storage, ref), { maxOutputLength: Math.max(length, 1) });
  const { rewrite } = body;
  if (!rewrite) return { length, small: await memory.load(`${ref.sha256} unpacked`, unpack) };
  const small = await memory.load(`${ref.sha256} ${rewrite.form}`, async () => rewritten(rewrite, await unpack()));
  return { length: small.bytes?.byteLength, small };
}

async function openBody(
  { storage, unpacking }: SendDeps,
  { answer: { body }, small }: ReadyAnswer,
  range: ByteSpan | undefined,
): Promise<(response: ServerResponse) => Promise<void>> {
  const bytes = small?.bytes;
  if (bytes) return async (response) => void response.end(range ? bytes.subarray(range.start, range.end) : bytes);
  if (body.kind === 'made') {
    // Other answers needed the room since.
    const made = await body.make();
    return async (response) => void response.end(made);
  }
  // Other bytes that were not stored are always at hand.
  const ref = blobRef((body as { blob: BlobColumns }).blob);
  if (body.kind === 'unpacked') return unpacking.open(storage.open(ref), body.rewrite?.begin());
  const read = await storage.createRead(ref, range);
  return async (response) => {
    await read.send(response);
    response.end();
  };
}

function rewritten({ begin }: Rewrite, bytes: Uint8Array): Uint8Array {
  const way = begin();
  return Buffer.concat([way.push(bytes), way.end()]);
}

function isSmall({ blob, small }: { blob: BlobColumns; small?: boolean }): boolean {
  return small ? blob.size <= smallIndexBytes : blob.size < smallBytes;
}

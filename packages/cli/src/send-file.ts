import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { unreachable } from './connect.ts';
import { CliError } from './errors.ts';
import type { Site } from './site.ts';

/** A file to send, and where. */
export interface Sending {
  site: Pick<Site, 'url' | 'token'>;
  /** `POST` when left out. */
  method?: 'POST' | 'PUT';
  /** Path at the site, with its query. */
  urlPath: string;
  file: string;
  /** How it is called there. */
  fileName: string;
  /** Bytes it had when the sending began. */
  size: number;
  /** Further fields of the form; they go in front of the file, so that the server can check them first. */
  fields: Readonly<Record<string, string>>;
  onProgress: (sentBytes: number) => void;
}

/** How the server took it. */
export interface Sent {
  status: number;
  /** JSON, read; `undefined` when it was none. */
  body: unknown;
}

/** A server that neither takes nor says anything for so long has gone. It may look into a large archive for minutes. */
const silenceMs = 15 * 60_000;

/**
 * Send a file as multipart/form-data, from disk as fast as the server takes it: memory holds a few chunks whatever its size.
 * An answer that comes early, as a refusal does, ends the sending.
 *
 * @throws {CliError} `unreachable`, `file_changed`, `file_unreadable`.
 */
export async function sendFile(sending: Sending): Promise<Sent> {
  const { site, urlPath, size, method = 'POST' } = sending;
  const boundary = `sluice-${randomUUID()}`;
  const head = Buffer.from(formHead(sending, boundary));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const url = new URL(site.url + urlPath);
  const request = (url.protocol === 'https:' ? https : http).request(url, {
    method,
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.byteLength + size + tail.byteLength,
      ...(site.token === undefined ? {} : { authorization: `Bearer ${site.token}` }),
    },
  });
  request.setTimeout(silenceMs, () => request.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  const fault = pipeline(Readable.from(formOf(sending, head, tail), { objectMode: false }), request).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    const message = await response;
    return { status: message.statusCode ?? 0, body: parsed(await text(message)) };
  } catch (error) {
    request.destroy();
    // A file that cannot be read also breaks the request; the file is then what to speak of.
    const first = await fault;
    throw first instanceof CliError ? first : unreachable(site.url, error);
  } finally {
    request.destroy();
  }
}

async function* formOf({ file, size, onProgress }: Sending, head: Buffer, tail: Buffer): AsyncGenerator<Buffer> {
  yield head;
  let sent = 0;
  for await (const chunk of readFile(file, size)) {
    sent += chunk.byteLength;
    yield chunk;
    onProgress(sent);
  }
  if (sent !== size) {
    throw new CliError('file_changed', `${file} was changed while it was sent.`, {
      wanted: `${size} bytes`,
      found: `${sent} bytes`,
      next: 'Upload it again when it is finished.',
    });
  }
  yield tail;
}

/** No more of it than was announced: a file that grows meanwhile is sent as it was. */
async function* readFile(file: string, size: number): AsyncGenerator<Buffer> {
  if (size === 0) return;
  try {
    yield* createReadStream(file, { end: size - 1, highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new CliError('file_unreadable', `${file} cannot be read.`, { cause });
  }
}

function formHead({ fields, fileName }: Sending, boundary: string): string {
  const part = (disposition: string, rest: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${rest}`;
  const parts = Object.entries(fields).map(([name, value]) => part(`name="${name}"`, `\r\n${value}\r\n`));
  const quoted = fileName.replace(/[\r\n"]/g, (char) => encodeURIComponent(char));
  const file = part(`name="content"; filename="${quoted}"`, 'Content-Type: application/octet-stream\r\n\r\n');
  return [...parts, file].join('');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

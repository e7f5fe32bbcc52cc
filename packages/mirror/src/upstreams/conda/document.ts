import { createReadStream } from 'node:fs';
import type { PartOrigin } from '@sluice/catalog';
import { MirrorError } from '../../errors.ts';
import { gunzipped } from '../../fetch/gunzipped.ts';
import { looksLikeZstd, unzstd } from '../../fetch/unzstd.ts';
import { readBytes, unzstdFile } from '../../fetch/unzstd-file.ts';
import { documentInfo } from './document-info.ts';

/** A repodata document on its way in, to be read once, from the beginning to the end. */
export interface OpenDocument {
  /** What `bytes` hold. */
  encoding: RawDocument['encoding'];
  /** Plain JSON, as it arrives; each piece is valid until the next is asked for. */
  json: AsyncIterable<Uint8Array>;
  /** Instead of `json`: the document as it lies at the upstream, to be put somewhere first. */
  bytes: AsyncIterable<Uint8Array>;
  /** Plain JSON of a file that `bytes` were put into; each piece is valid until the next is asked for. */
  jsonOf(path: string): AsyncIterable<Uint8Array>;
  /** Bytes of the document as transferred: all (unknown when the upstream does not say), and read so far. */
  progress(): { done: number; total: number | undefined };
  /**
   * Where it came from, and its validators; only after the last byte.
   *
   * @throws {MirrorError} `upstream_malformed` when the document describes another subdir.
   */
  finish(): Omit<PartOrigin, 'document_sha256'>;
}

/** The raw bytes of a document and what is known of them beforehand. */
export interface RawDocument {
  /** As stored and shown: without secrets. */
  url: string;
  subdir: string;
  /** What `bytes` hold: plain JSON, or zstd of it. */
  encoding: 'json' | 'zst';
  /** Whether the bytes are gzipped on the wire on top. */
  gzipped?: boolean;
  bytes: AsyncIterable<Uint8Array>;
  total: number | undefined;
  etag: string | null;
  lastModified: string | null;
}

/** No upstream needs more; a bomb would. Bytes of plain JSON. */
const mostBytes = 16 * 1024 ** 3;

/**
 * A raw document as plain JSON, with its base_url.
 *
 * @throws {MirrorError} `upstream_malformed` at once when the first bytes are neither JSON nor zstd, as promised.
 */
export async function openDocument(raw: RawDocument): Promise<OpenDocument> {
  let done = 0;
  async function* counted() {
    for await (const chunk of raw.bytes) {
      done += chunk.length;
      yield chunk;
    }
  }
  async function* arriving() {
    yield* raw.gzipped ? gunzipped(counted()) : counted();
  }
  const { head, all } = await peek(arriving());
  if (raw.encoding === 'zst' ? !looksLikeZstd(head) : !looksLikeJson(head)) {
    await all.return(undefined);
    throw new MirrorError(
      'upstream_malformed',
      `The upstream answers ${raw.url} with something else than ${raw.encoding === 'zst' ? 'zstd' : 'JSON'}.`,
      {
        wanted: raw.encoding,
        found: Buffer.from(head.subarray(0, 16)).toString('latin1'),
      },
    );
  }
  let info = documentInfo(raw.encoding === 'zst' ? unzstd(all) : all);
  return {
    encoding: raw.encoding,
    json: bounded(info.json, raw.url),
    bytes: all,
    jsonOf(path) {
      const isPacked = raw.encoding === 'zst';
      info = documentInfo(isPacked ? unzstdFile(path) : createReadStream(path, { highWaterMark: readBytes }));
      return bounded(info.json, raw.url);
    },
    progress: () => ({ done, total: raw.total }),
    finish() {
      const { subdir, baseUrl } = info.found();
      if (subdir !== undefined && subdir !== raw.subdir) {
        throw new MirrorError('upstream_malformed', `${raw.url} describes the subdir ${subdir}.`, {
          wanted: raw.subdir,
          found: subdir,
        });
      }
      return {
        document_url: raw.url,
        etag: raw.etag,
        last_modified: raw.lastModified,
        base_url: baseUrl ?? null,
      };
    },
  };
}

async function peek(source: AsyncGenerator<Uint8Array>) {
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < 4) {
    const next = await source.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  async function* all() {
    try {
      yield* first;
      yield* source;
    } finally {
      await source.return(undefined);
    }
  }
  return { head: Buffer.concat(first), all: all() };
}

/** Past a byte order mark and blanks, JSON that can be repodata begins with a brace. */
function looksLikeJson(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, 1024))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  return text === '' ? head.length > 0 : text.startsWith('{');
}

async function* bounded(json: AsyncIterable<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of json) {
    length += chunk.length;
    if (length > mostBytes) {
      throw new MirrorError('upstream_malformed', `${url} decompresses to more than ${mostBytes} bytes.`, {
        wanted: `at most ${mostBytes} bytes`,
        found: 'more',
      });
    }
    yield chunk;
  }
}

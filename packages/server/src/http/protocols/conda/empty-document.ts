import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { emptyDocument } from '@sluice/publish';

/** The body of a document that has nothing in it yet, and its strong ETag. */
export interface EmptyBody {
  bytes: Buffer;
  etag: string;
}

const bodies = new Map<string, EmptyBody>();

/** The document of `key` (a `.zst` name) for a channel or subdir without packages, packed or plain. */
export function emptyBody(key: string, unpack: boolean): EmptyBody {
  const name = `${key}${unpack ? ' plain' : ''}`;
  let body = bodies.get(name);
  if (!body) {
    const plain = Buffer.from(emptyDocument(key));
    const bytes = unpack ? plain : zstdCompressSync(plain);
    body = { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
    bodies.set(name, body);
  }
  return body;
}

import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { encodeShardIndex } from '@sluice/formats/conda';
import { emptyDocument } from '@sluice/publish';
import { isShardIndex } from './documents.ts';

/** The body of an index file that has nothing in it yet, and its strong ETag. */
export interface EmptyBody {
  bytes: Buffer;
  etag: string;
}

const bodies = new Map<string, EmptyBody>();

/** The index file of `key` (a `.zst` name) for a channel or subdir without packages, packed or plain. */
export function emptyBody(key: string, unpack: boolean): EmptyBody {
  const name = `${key}${unpack ? ' plain' : ''}`;
  let body = bodies.get(name);
  if (!body) {
    const plain = Buffer.from(isShardIndex(key) ? emptyShardIndex(key) : emptyDocument(key));
    const bytes = unpack ? plain : zstdCompressSync(plain);
    body = { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
    bodies.set(name, body);
  }
  return body;
}

function emptyShardIndex(key: string): Uint8Array {
  const subdir = key.slice(0, key.indexOf('/'));
  return encodeShardIndex({ subdir, base_url: './', shards_base_url: './shards/' }, []);
}

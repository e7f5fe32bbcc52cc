import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { createRepodataScanner } from '@sluice/formats/conda';

/** What an index says of a file: its record, verbatim, and whether it stands in a `v3` map. */
export interface Listed {
  body: Uint8Array;
  v3: boolean;
}

/**
 * What the index of a folder lists, by file name; nothing where there is none.
 *
 * @throws {FormatError} when it is broken.
 */
export async function readTreeIndex(folder: string): Promise<Map<string, Listed>> {
  const listed = new Map<string, Listed>();
  const document = openDocument(folder);
  if (!document) return listed;
  const scanner = createRepodataScanner({
    onRecord: (bucket, file, record) => {
      listed.set(file, { body: record.slice(), v3: bucket.startsWith('v3.') });
    },
  });
  for await (const chunk of document) scanner.push(chunk as Uint8Array);
  scanner.end();
  return listed;
}

function openDocument(folder: string): Readable | undefined {
  const plain = join(folder, 'repodata.json');
  if (existsSync(plain)) return createReadStream(plain);
  const packed = `${plain}.zst`;
  if (!existsSync(packed)) return undefined;
  const unpacked = createZstdDecompress();
  createReadStream(packed)
    .on('error', (error) => unpacked.destroy(error))
    .pipe(unpacked);
  return unpacked;
}

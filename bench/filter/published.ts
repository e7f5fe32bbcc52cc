import { Readable } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { createRepodataScanner } from '@sluice/formats/conda';
import { type RecordSet, recordSum } from './record-sum.ts';

/** Read a published `repodata.json.zst` to its end. @throws when it is not there or not whole. */
export async function publishedRecords(url: string): Promise<RecordSet> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}.`);
  const sum = recordSum();
  const scanner = createRepodataScanner({ onRecord: (_bucket, file, record) => sum.add(file, record) });
  const bytes = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
  for await (const chunk of bytes.pipe(createZstdDecompress())) scanner.push(chunk);
  scanner.end();
  return sum.result();
}

import { createRepodataScanner, type RepodataBucket, repodataBuckets } from '@sluice/formats/conda';
import type { FreshRecord, MovedRecords } from './moved-records.ts';

/** A member of a merged document: `text` of an earlier one is valid only while it is looked at. */
export type MergedRecord = { bucket: RepodataBucket; fn: string } & (
  | { text: Uint8Array; fresh?: undefined }
  | { fresh: FreshRecord; text?: undefined }
);

/**
 * Go through an earlier document without what is dropped and with what is fresh in its place, in the order of the document.
 * Yields after each chunk, so that the caller can catch up.
 *
 * @param earlier repodata.json, or another document of the same maps.
 * @throws {FormatError} when it is no such document.
 */
export async function* mergeRecords(
  earlier: AsyncIterable<Uint8Array>,
  { dropped, fresh }: MovedRecords,
  take: (record: MergedRecord) => void,
): AsyncGenerator<void> {
  let next = 0;
  const takeFresh = (isNext: (record: FreshRecord) => boolean) => {
    for (; next < fresh.length && isNext(fresh[next]!); next++) {
      const { bucket, fn } = fresh[next]!;
      take({ bucket, fn, fresh: fresh[next]! });
    }
  };
  const scanner = createRepodataScanner({
    onRecord(bucket, fn, text) {
      if (dropped.has(fn)) return;
      takeFresh((record) => precedes(record, bucket, fn));
      take({ bucket, fn, text });
    },
  });
  for await (const chunk of earlier) {
    scanner.push(chunk);
    yield;
  }
  scanner.end();
  takeFresh(() => true);
  yield;
}

function precedes(record: FreshRecord, bucket: RepodataBucket, fn: string): boolean {
  if (record.bucket === bucket) return record.fn < fn;
  return repodataBuckets.indexOf(record.bucket) < repodataBuckets.indexOf(bucket);
}

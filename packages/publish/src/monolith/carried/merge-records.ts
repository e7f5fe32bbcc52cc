import { createRepodataScanner, type RepodataBucket } from '@sluice/formats/conda';
import { precedes } from './moved-members.ts';
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
 * @param earlier a document of the maps of repodata.json.
 * @throws {FormatError} when it is no such document.
 */
export async function* mergeRecords(
  earlier: AsyncIterable<Uint8Array>,
  { dropped, fresh }: Pick<MovedRecords, 'dropped' | 'fresh'>,
  take: (record: MergedRecord) => void,
): AsyncGenerator<void> {
  const waiting = freshTaker(fresh, take);
  const scanner = createRepodataScanner({
    onRecord(bucket, fn, text) {
      if (dropped.has(fn)) return;
      waiting.takeBefore(bucket, fn);
      take({ bucket, fn, text });
    },
  });
  for await (const chunk of earlier) {
    scanner.push(chunk);
    yield;
  }
  scanner.end();
  waiting.takeRest();
  yield;
}

/** Hands out fresh records, which come in the order of a document, when it is their turn. */
function freshTaker(fresh: readonly FreshRecord[], take: (record: MergedRecord) => void) {
  let next = 0;
  const takeNext = () => {
    const record = fresh[next++]!;
    take({ bucket: record.bucket, fn: record.fn, fresh: record });
  };
  return {
    takeBefore(bucket: RepodataBucket, fn: string): void {
      while (next < fresh.length && precedes(fresh[next]!, { bucket, fn })) takeNext();
    },
    takeRest(): void {
      while (next < fresh.length) takeNext();
    },
  };
}

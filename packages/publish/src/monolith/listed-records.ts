import { copyOut, copyRecordsOfMap, type RecordMap } from '@sluice/catalog';
import { patchRecord } from '@sluice/formats/conda';
import { recordHash } from '@sluice/policy';
import type { Pool } from 'pg';
import type { SubdirContent } from './subdir-content.ts';

/** A record of the publication as it lies in a batch from the database; it holds as long as it is kept. */
export interface ListedRecord {
  /** Bytes of the file name. */
  file: Buffer;
  /** The text that the channel shows, patches applied. */
  body: Uint8Array;
  /** JSON text; null when they are not known. */
  runExports: Uint8Array | null;
}

/**
 * The records that a publication lists of one subdir in one map, in the order of that map.
 *
 * They are told by their words: `isListed` is asked for every record that the layers had then, whether a rule hid it or
 * not. Streams on one connection, since publications that held one a layer would wait for each other for ever; yields
 * batches, so that the loop over records stays synchronous.
 */
export async function* listedRecords(
  pool: Pool,
  { subdir, inputs, patches }: SubdirContent,
  map: RecordMap,
  isListed: (a: number, b: number) => boolean,
): AsyncGenerator<ListedRecord[]> {
  const parts = inputs.map(({ source_id, revision }) => ({ source_id, subdir, revision }));
  if (parts.length === 0) return;
  const client = await pool.connect();
  let finished = false;
  try {
    for await (const batch of copyOut(client, copyRecordsOfMap(parts, map))) {
      const records: ListedRecord[] = [];
      for (let i = 0; i < batch.length; i++) {
        const file = batch.bytes(i, 0)!;
        let body: Uint8Array = batch.bytes(i, 1)!;
        let runExports: Uint8Array | null = batch.bytes(i, 2);
        if (patches) {
          const patched = patchRecord(patches, file.toString(), body, { v3: map.v3, runExports });
          if (patched.status === 'removed') continue;
          ({ body, runExports } = patched);
        }
        const [a, b] = recordHash(file, body, { v3: map.v3, runExports });
        if (isListed(a, b)) records.push({ file, body, runExports });
      }
      if (records.length > 0) yield records;
    }
    finished = true;
  } finally {
    // A connection left in the middle of a COPY is of no further use.
    client.release(!finished);
  }
}

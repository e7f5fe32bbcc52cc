import { copyLiveRecords, copyOut } from '@sluice/catalog';
import { rowIndex } from '@sluice/policy';
import type { Pool } from 'pg';
import type { LoadedLayer } from '../selection.ts';

/** A shown record as it lies in a batch from the database; copy what must outlive the next step. */
export interface ShownRecord {
  /** UTF-8 bytes of the file name. */
  file: Buffer;
  /** The record's verbatim text. */
  body: Buffer;
}

/**
 * The shown records of one subdir whose file names end in `ending`, in byte order of their names over all layers.
 *
 * Streams from the database on one connection, since publications that held one a layer would wait for each other for
 * ever; yields batches, so that the loop over records stays synchronous.
 */
export async function* shownRecords(
  pool: Pool,
  layers: readonly LoadedLayer[],
  subdir: string,
  ending: string,
): AsyncGenerator<ShownRecord[]> {
  const shown = layers.filter((layer) => layer.facts.count > 0);
  if (shown.length === 0) return;
  const rows = shown.map(shownRow);
  const parts = shown.map(({ layer }) => ({ source_id: layer.source_id, subdir, revision: layer.revision }));
  const client = await pool.connect();
  let finished = false;
  try {
    for await (const batch of copyOut(client, copyLiveRecords(parts, ending))) {
      const records: ShownRecord[] = [];
      for (let i = 0; i < batch.length; i++) {
        const isShown = rows[batch.integer(i, 0)!]!;
        if (isShown(batch.text(i, 1)!)) records.push({ file: batch.bytes(i, 1)!, body: batch.bytes(i, 2)! });
      }
      if (records.length > 0) yield records;
    }
    finished = true;
  } finally {
    // A connection left in the middle of a COPY is of no further use.
    client.release(!finished);
  }
}

/** Whether a layer shows a file. */
function shownRow({ facts, verdicts }: LoadedLayer): (file: string) => boolean {
  const index = rowIndex(facts.file, facts.count);
  for (let i = 0; i < facts.count; i++) index.add(facts.file(i), i);
  return (file) => {
    const row = index.find(file);
    return row >= 0 && verdicts[row] === 0;
  };
}

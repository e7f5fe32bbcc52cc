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
 * Streams from the database, one connection a layer; yields batches, so that the loop over records stays synchronous.
 */
export async function* shownRecords(
  pool: Pool,
  layers: readonly LoadedLayer[],
  subdir: string,
  ending: string,
): AsyncGenerator<ShownRecord[]> {
  const streams = layers
    .filter((layer) => layer.facts.count > 0)
    .map((layer) => layerRecords(pool, layer, subdir, ending));
  if (streams.length === 1) yield* streams[0]!;
  else yield* merged(streams);
}

async function* layerRecords(
  pool: Pool,
  { layer, facts, verdicts }: LoadedLayer,
  subdir: string,
  ending: string,
): AsyncGenerator<ShownRecord[]> {
  const index = rowIndex(facts.file, facts.count);
  for (let i = 0; i < facts.count; i++) index.add(facts.file(i), i);
  const command = copyLiveRecords({ source_id: layer.source_id, subdir }, layer.revision, ending);
  const client = await pool.connect();
  let finished = false;
  try {
    for await (const batch of copyOut(client, command)) {
      const shown: ShownRecord[] = [];
      for (let i = 0; i < batch.length; i++) {
        const row = index.find(batch.text(i, 0)!);
        if (row >= 0 && verdicts[row] === 0) shown.push({ file: batch.bytes(i, 0)!, body: batch.bytes(i, 1)! });
      }
      if (shown.length > 0) yield shown;
    }
    finished = true;
  } finally {
    // A connection left in the middle of a COPY is of no further use.
    client.release(!finished);
  }
}

async function* merged(streams: AsyncGenerator<ShownRecord[]>[]): AsyncGenerator<ShownRecord[]> {
  const heads = await Promise.all(streams.map((stream) => advance({ stream, batch: [], at: 0 })));
  try {
    for (;;) {
      const open = heads.filter((head) => head.at < head.batch.length);
      if (open.length === 0) return;
      const shown: ShownRecord[] = [];
      // Until one of the batches in hand is used up, the least of their heads is the least of all that is left.
      while (open.every((head) => head.at < head.batch.length)) {
        const least = open.reduce((a, b) => (Buffer.compare(a.batch[a.at]!.file, b.batch[b.at]!.file) <= 0 ? a : b));
        shown.push(least.batch[least.at++]!);
      }
      yield shown;
      await Promise.all(open.filter((head) => head.at === head.batch.length).map(advance));
    }
  } finally {
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  }
}

interface Head {
  stream: AsyncGenerator<ShownRecord[]>;
  batch: ShownRecord[];
  at: number;
}

async function advance(head: Head): Promise<Head> {
  const next = await head.stream.next();
  head.batch = next.done ? [] : next.value;
  head.at = 0;
  return head;
}

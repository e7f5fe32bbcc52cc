import { pipeline, Readable } from 'node:stream';
import { constants, createZstdCompress } from 'node:zlib';
import type pg from 'pg';
import { to } from 'pg-copy-streams';
import { readSchema } from '../migrate.ts';
import { copyTable, listDumpSequences, listDumpTables } from './dump-tables.ts';
import { frameWriter } from './frames.ts';

const pieceSize = 1 << 18;

/**
 * Dump the database: one consistent snapshot of all tables of schema public and their sequences, compressed, for
 * `restore` on any server. The format is described in frames.ts. Queued jobs are not in it; whatever enqueues them finds
 * their work in the tables.
 *
 * Holds one connection and one snapshot until the stream ends, fails or is destroyed; writers are not held up.
 *
 * @returns the bytes. The stream fails with a CatalogError `dump_column_type` or with what the server says.
 */
export function dump(pool: pg.Pool): Readable {
  const { ZSTD_c_checksumFlag, ZSTD_c_compressionLevel } = constants;
  const compressed = createZstdCompress({ params: { [ZSTD_c_compressionLevel]: 3, [ZSTD_c_checksumFlag]: 1 } });
  // The error reaches the reader: pipeline destroys `compressed` with it.
  pipeline(Readable.from(frames(pool), { objectMode: false }), compressed, () => {});
  return compressed;
}

async function* frames(pool: pg.Pool): AsyncGenerator<Buffer, void, void> {
  const client = await pool.connect();
  let isDone = false;
  try {
    await client.query('begin isolation level repeatable read, read only; set local statement_timeout = 0');
    const writer = frameWriter();
    yield writer.begin();
    const taken = await client.query<{ at: Date }>('select now() as at');
    const schema = await readSchema(client);
    yield* writer.json('h', { taken_at: taken.rows[0]!.at.toISOString(), schema });
    for (const table of await listDumpTables(client)) {
      yield* writer.json('t', table);
      const rows = client.query(to(copyTable(client, table, 'to stdout')));
      // Heard by the loop too; this one is for a connection that is closed after the loop was left.
      rows.on('error', () => {});
      for await (const piece of pieces(rows)) yield* writer.bytes('d', piece);
      // The count comes after the last row; the next answer comes after both.
      await client.query('select');
      yield* writer.json('e', { rows: rows.rowCount });
    }
    yield* writer.json('s', await listDumpSequences(client));
    yield* writer.trailer();
    await client.query('commit');
    isDone = true;
  } finally {
    // A connection left inside a COPY or a transaction is closed, not reused.
    client.release(!isDone);
  }
}

/** Gather the socket's small chunks. */
async function* pieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    size += chunk.length;
    if (size < pieceSize) continue;
    yield Buffer.concat(held, size);
    held = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(held, size);
}

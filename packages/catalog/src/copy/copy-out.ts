import type pg from 'pg';
import { CatalogError } from '../errors.ts';
import { CopyBatch } from './copy-batch.ts';
import { openCopySource } from './copy-source.ts';
import { signature } from './signature.ts';

/** About what the socket holds: while one batch is worked on, the server goes on to fill it, and neither waits for the other. */
const usualSize = 1 << 17;

/**
 * Stream the rows of `copy (select …) to stdout (format binary)` in batches of about 128 KiB, in their order.
 *
 * A batch stays valid until it is released, and keeps its whole buffer as long as it is held. Leaving the loop early closes
 * the connection, since the server would send the rest first.
 *
 * @param client one connection, busy until the last batch.
 * @throws {CatalogError} `copy_format` when the statement does not answer in binary; else what the server says.
 */
export async function* copyOut(client: pg.ClientBase, sql: string): AsyncGenerator<CopyBatch, void, void> {
  const source = openCopySource(client, sql, usualSize);
  // What is left of a row whose rest has not come: the server does not promise that a message is a whole one.
  let left = nothing;
  let isAtHeader = true;
  try {
    for (let piece = await source.next(); piece; piece = await source.next()) {
      const bytes = left.length === 0 ? piece : joined(left, piece);
      const { batch, end } = readRows(bytes, isAtHeader ? headerSize(bytes) : 0);
      isAtHeader = false;
      // Copied: who has the batch may give back its memory.
      left = Buffer.from(bytes.subarray(end));
      if (batch.length > 0) yield batch;
    }
  } finally {
    if (!source.isOver) await (client as pg.Client).end();
  }
}

/** Both in memory that nothing else lies in, however few they are. */
function joined(left: Buffer, piece: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(left.length + piece.length);
  left.copy(bytes);
  piece.copy(bytes, left.length);
  return bytes;
}

const nothing: Buffer = Buffer.alloc(0);

/**
 * As {@link copyOut}, for a statement ordered as an index is: its rows are read in that order. The planner would rather
 * write all of them to disk and sort them there, above all where it knows no figures of the table yet.
 *
 * @param client in no transaction.
 */
export async function* copyOutInOrder(client: pg.ClientBase, sql: string): AsyncGenerator<CopyBatch, void, void> {
  await client.query('begin; set local enable_sort = off');
  yield* copyOut(client, sql);
  await client.query('commit');
}

function headerSize(buffer: Buffer): number {
  if (!buffer.subarray(0, signature.length).equals(signature)) {
    throw new CatalogError(
      'copy_format',
      'The server did not answer in binary. End the statement with (format binary).',
      {
        wanted: 'binary COPY',
        found: buffer.toString('latin1', 0, signature.length),
      },
    );
  }
  // Then come flags and the size of an extension, both int32.
  return signature.length + 8 + buffer.readInt32BE(signature.length + 4);
}

let starts = new Int32Array(1 << 14);

/** Find the whole rows between `begin` and the end of the buffer. */
function readRows(buffer: Buffer, begin: number): { batch: CopyBatch; end: number } {
  const limit = buffer.length;
  let columns = 0;
  let count = 0;
  let end = begin;
  for (;;) {
    if (end + 2 > limit) break;
    const fields = (buffer[end]! << 8) | buffer[end + 1]!;
    if (fields === 0xffff) {
      end += 2;
      break;
    }
    columns = fields;
    if (count + fields > starts.length) starts = growTo(starts, count + fields);
    let at = end + 2;
    let field = 0;
    for (; field < fields && at + 4 <= limit; field++) {
      const size = (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
      at += 4;
      starts[count + field] = at;
      if (size > 0) at += size;
    }
    if (field < fields || at > limit) break;
    count += fields;
    end = at;
  }
  return { batch: new CopyBatch(buffer, starts.slice(0, count), columns), end };
}

function growTo(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(array.length * 2, length));
  larger.set(array);
  return larger;
}

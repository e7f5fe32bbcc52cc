/*
 * The dump, version 1.
 *
 * One zstd stream (with its content checksum) of:
 *
 *   magic     14 bytes, "sluice dump 1\n"
 *   frames    kind (1 byte, ASCII) · size of the payload (uint32, big-endian) · payload
 *
 *   h  header     JSON DumpHeader: the schema the data fits, and when it was read. First, once.
 *   t  table      JSON DumpTable: begins a table; its columns in the order of the data.
 *   d  data       a piece of that table's COPY in PostgreSQL's binary format. Any number; a row may span pieces.
 *   e  end        JSON {rows}: ends the table.
 *   s  sequences  JSON DumpSequence[]. After the tables, once.
 *   z  trailer    sha256 (32 bytes) of everything before this frame, magic included. Last, once; nothing follows.
 *
 * A table in binary COPY holds no object number of the server it came from, as only types of `portableTypes` are let
 * in, so a dump fits any server and major version. What the migrations made (tables, indexes) is not in it.
 */
import { createHash, type Hash } from 'node:crypto';
import { CatalogError } from '../errors.ts';
import type { AppliedMigration } from '../migrate.ts';

/** Payload of `h`. */
export interface DumpHeader {
  /** When the snapshot was taken, by the database's clock; RFC 3339 in UTC. */
  readonly taken_at: string;
  readonly schema: readonly AppliedMigration[];
}

/** Payload of `t`. */
export interface DumpTable {
  readonly name: string;
  readonly columns: readonly string[];
}

/** One of the payload of `s`: what setval takes. */
export interface DumpSequence {
  readonly name: string;
  readonly value: number;
  readonly is_called: boolean;
}

/** A frame as it was read. */
export interface Frame {
  readonly kind: string;
  readonly payload: Buffer;
}

const magic = Buffer.from('sluice dump 1\n');
const headSize = 5;
/** Far above what the writer makes (1 MiB), so that a damaged size does not eat memory. */
const largestPayload = 1 << 26;

/** Writes frames and hashes what it wrote. */
export function frameWriter(): {
  begin(): Buffer;
  bytes(kind: string, payload: Buffer): Buffer[];
  json(kind: string, payload: unknown): Buffer[];
  trailer(): Buffer[];
} {
  const hash = createHash('sha256');
  const bytes = (kind: string, payload: Buffer) => {
    const head = headOf(kind, payload.length);
    hash.update(head).update(payload);
    return [head, payload];
  };
  return {
    begin: () => {
      hash.update(magic);
      return magic;
    },
    bytes,
    json: (kind, payload) => bytes(kind, Buffer.from(JSON.stringify(payload))),
    trailer: () => {
      const digest = hash.digest();
      return [headOf('z', digest.length), digest];
    },
  };
}

/**
 * Read frames up to the trailer, which is checked and not given out.
 *
 * @throws {CatalogError} `dump_damaged` when it is no dump, cut, changed, or goes on behind the trailer.
 */
export async function* readFrames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame, void, void> {
  const hash = createHash('sha256');
  const take = reader(chunks);
  const begin = await take(magic.length);
  if (!begin?.equals(magic)) {
    throw damaged('It does not begin as a dump of this version of Sluice.', { wanted: magic.toString().trim() });
  }
  hash.update(begin);
  for (;;) {
    const head = await take(headSize);
    if (!head) throw damaged('It was cut: the trailer is missing.');
    const kind = String.fromCharCode(head[0]!);
    const size = head.readUInt32BE(1);
    if (size > largestPayload) throw damaged(`A frame claims ${size} bytes.`);
    const payload = await take(size);
    if (!payload) throw damaged('It was cut inside a frame.');
    if (kind === 'z') {
      checkDigest(hash, payload);
      if (await take(1)) throw damaged('Something follows the trailer.');
      return;
    }
    hash.update(head).update(payload);
    yield { kind, payload };
  }
}

/** Say that a dump cannot be used. */
export function damaged(
  what: string,
  options: { wanted?: string; found?: string; cause?: unknown } = {},
): CatalogError {
  return new CatalogError('dump_damaged', `The dump cannot be restored. ${what} Take another copy of it.`, options);
}

function checkDigest(hash: Hash, payload: Buffer): void {
  const found = hash.digest('hex');
  const wanted = payload.toString('hex');
  if (found !== wanted) throw damaged('Its content does not match its sha256.', { wanted, found });
}

function headOf(kind: string, size: number): Buffer {
  const head = Buffer.alloc(headSize);
  head.write(kind, 'latin1');
  head.writeUInt32BE(size, 1);
  return head;
}

/** Read exact sizes from chunks of any; undefined when they end before. */
function reader(chunks: AsyncIterable<Buffer>): (size: number) => Promise<Buffer | undefined> {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let heldSize = 0;
  return async (size) => {
    while (heldSize < size) {
      const next = await iterator.next();
      if (next.done) return undefined;
      held.push(next.value);
      heldSize += next.value.length;
    }
    const all = held.length === 1 ? held[0]! : Buffer.concat(held, heldSize);
    held = [all.subarray(size)];
    heldSize -= size;
    return all.subarray(0, size);
  };
}

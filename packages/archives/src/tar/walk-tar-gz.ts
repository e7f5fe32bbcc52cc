import { decodeGzip } from '../deflate/decode-deflate.ts';
import type { Budget } from '../limits.ts';
import { type RandomAccess, readRange } from '../random-access.ts';
import { createTarParser, type EntryVisitor } from './tar-parser.ts';

/**
 * Show a visitor every entry of a gzipped tar, in one pass and within a budget.
 *
 * @throws {ArchiveError} as `decodeGzip`, the parser of tars, the budget and the visitor.
 */
export async function walkTarGz(access: RandomAccess, visit: EntryVisitor, budget: Budget): Promise<void> {
  const parser = createTarParser(visit);
  for await (const piece of decodeGzip(counted(access, budget))) {
    budget.decoded(piece.byteLength);
    parser.push(piece);
  }
  parser.end();
}

async function* counted(access: RandomAccess, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const piece of readRange(access, 0, access.size)) {
    budget.compressed(piece.byteLength);
    yield piece;
  }
}

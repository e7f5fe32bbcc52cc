import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { constants, createZstdCompress } from 'node:zlib';
import { type BlobRow, findBlob, findBundle, saveBundleBlobs } from '@sluice/catalog';
import { contentsMember, differenceOf } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { admitBlob } from '@sluice/registry';
import { storedLines } from '../stored-lines.ts';
import { continuedListing, touchedSince } from './continued-listing.ts';
import { LacksFiles, listingLines } from './listing-lines.ts';
import type { OutWork } from './work.ts';

/**
 * Write down all that the channels show, and what of it is new against the base: the contents. Both stay blobs: later deltas build on
 * the one, the first part carries the other. Files that are not here are fetched first.
 */
export async function writeListing(work: OutWork): Promise<'plan' | 'fetch'> {
  const { deps, row, place, report } = work;
  Object.assign(report, { files: 0, bytes: 0, changed: 0, removed: 0 });
  const base = place.base === undefined ? undefined : await findBundle(deps.db, place.base);
  const before = base?.contents ? await findBlob(deps.db, base.contents) : undefined;
  const state = createHash('sha256');
  const write = async () => {
    const touched = before && (await touchedSince(work, base!));
    const continued = touched && (await continuedListing(work, before, touched));
    // Of no base the difference is the listing, and its order is checked on the way.
    const lines = continued ? together(continued.lines) : differenceOf([], listingLines(work));
    const listing = await stored(work, 'listing', before ? lines : counted(work, lines), {
      level: before ? keptLevel : carriedLevel,
      onChunk: (chunk) => state.update(chunk),
    });
    if (!before) return { listing, contents: listing };
    work.known = continued?.known;
    const earlier = continued?.earlier() ?? storedLines(deps, before);
    const later = continued?.later ?? storedLines(deps, listing);
    const contents = await stored(work, contentsMember, counted(work, differenceOf(earlier, later)), {
      level: carriedLevel,
    });
    return { listing, contents };
  };
  const made = await write().catch((error: unknown) => {
    if (error instanceof LacksFiles) return undefined;
    throw error;
  });
  if (!made) return 'fetch';
  const { listing, contents } = made;
  place.listing = bytesToHex(listing.sha256);
  place.contents = bytesToHex(contents.sha256);
  await work.save({
    state_sha256: state.digest(),
    contents: listing.sha256,
    contents_bytes: listing.size,
    // A base that went meanwhile is none.
    base_serial: before ? row.base_serial : null,
  });
  return 'plan';
}

/** Lines that come together stay so: each but the last of them with its line break. */
async function* together(batches: AsyncIterable<string[]>): AsyncGenerator<string> {
  for await (const lines of batches) if (lines.length > 0) yield lines.join('\n');
}

async function* counted({ report }: OutWork, lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line.startsWith('{"gone":')) report.removed++;
    else report.changed++;
    yield line;
  }
}

/** How hard lines are packed that are carried, and those that only stay here for the next delta. */
const carriedLevel = 3;
const keptLevel = 1;

/** Bytes of lines that go through at once; more may wait, so that they are packed while the next are written. */
const chunkBytes = 1 << 18;
const waiting = { chunkSize: chunkBytes, writableHighWaterMark: chunkBytes * 4 };

async function stored(
  { deps, row }: OutWork,
  member: string,
  lines: AsyncIterable<string>,
  { level, onChunk }: { level: number; onChunk?: (chunk: Uint8Array) => void },
): Promise<BlobRow> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    let held = '';
    for await (const line of lines) {
      held += `${line}\n`;
      if (held.length < chunkBytes) continue;
      const chunk = Buffer.from(held);
      onChunk?.(chunk);
      yield chunk;
      held = '';
    }
    const last = Buffer.from(held);
    onChunk?.(last);
    yield last;
  }
  const compress = createZstdCompress({ ...waiting, params: { [constants.ZSTD_c_compressionLevel]: level } });
  const packed = Readable.from(chunks(), { objectMode: true }).compose(compress);
  return admitBlob(deps, packed, (trx, { sha256 }) =>
    saveBundleBlobs(trx, row.id, [{ blob: sha256, member, part: null, position: null }]),
  );
}

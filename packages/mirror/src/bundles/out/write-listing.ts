import { createHash } from 'node:crypto';
import { type BlobRow, type BundleRow, type Db, findBlob, findBundle, saveBundleBlobs } from '@sluice/catalog';
import { contentsMember, differenceOf } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { admitBlob, type ReceivedBlobs, receiveBlobs } from '@sluice/registry';
import { storedLines } from '../stored-lines.ts';
import { continuedListing, touchedSince } from './continued-listing.ts';
import { LacksFiles, listingLines } from './listing-lines.ts';
import { carriedLevel, inLargePieces, keptLevel, packed, textOf } from './pack-lines.ts';
import type { OutWork } from './work.ts';

/** A listing and its contents, as far as they are to be saved together. */
interface Written {
  state: Uint8Array;
  listing: BlobRow;
  contents: BlobRow;
  received: ReceivedBlobs;
  /** What those that were received are in the bundle. */
  members: readonly string[];
}

const listingMember = 'listing';

/**
 * Write down all that the channels show, and what of it is new against the base: the contents. Both stay blobs: later deltas build on
 * the one, the first part carries the other. Files that are not here are fetched first.
 */
export async function writeListing(work: OutWork): Promise<'plan' | 'fetch'> {
  const { deps, row, place, report } = work;
  Object.assign(report, { files: 0, bytes: 0, changed: 0, removed: 0 });
  const base = place.base === undefined ? undefined : await findBundle(deps.db, place.base);
  const before = base?.contents ? await findBlob(deps.db, base.contents) : undefined;
  const writing = before ? sinceBase(work, base!, before) : inFull(work);
  const written = await writing.catch((error: unknown) => {
    if (error instanceof LacksFiles) return undefined;
    throw error;
  });
  if (!written) return 'fetch';
  const { state, listing, contents, received, members } = written;
  place.listing = bytesToHex(listing.sha256);
  place.contents = bytesToHex(contents.sha256);
  // A base that went meanwhile is none.
  const base_serial = before ? row.base_serial : null;
  const change = { state_sha256: state, contents: listing.sha256, contents_bytes: listing.size, base_serial };
  try {
    await work.save(
      change,
      (trx) => note(trx, work, received.blobs, members),
      (trx) => received.commit(trx),
    );
  } finally {
    await received.discard();
  }
  return 'plan';
}

/** Of no base the difference is the listing, and its order is checked on the way. */
async function inFull(work: OutWork): Promise<Written> {
  const state = createHash('sha256');
  const lines = counted(work, differenceOf([], listingLines(work)));
  const received = await receiveBlobs(work.deps, [packed(hashed(textOf(lines), state), carriedLevel)]);
  const [listing] = received.blobs;
  return { state: state.digest(), listing: listing!, contents: listing!, received, members: [listingMember] };
}

async function sinceBase(work: OutWork, base: BundleRow, before: BlobRow): Promise<Written> {
  const { deps } = work;
  const touched = await touchedSince(work, base);
  const state = createHash('sha256');
  if (!touched) {
    const text = hashed(textOf(listingLines(work)), state);
    const listing = await admitBlob(deps, packed(text, keptLevel), (trx, blob) =>
      note(trx, work, [blob], [listingMember]),
    );
    const difference = counted(work, differenceOf(storedLines(deps, before), storedLines(deps, listing)));
    const received = await receiveBlobs(deps, [packed(textOf(difference), carriedLevel)]);
    return { state: state.digest(), listing, contents: received.blobs[0]!, received, members: [contentsMember] };
  }
  const { text, earlier, later, known } = await continuedListing(work, base, before, touched);
  work.known = known;
  // Nothing of either begins before it is read, and the second is when the first has come to its end.
  const received = await receiveBlobs(deps, [
    packed(hashed(inLargePieces(text), state), keptLevel),
    packed(textOf(counted(work, differenceOf(earlier, later))), carriedLevel),
  ]);
  const [listing, contents] = received.blobs;
  const members = [listingMember, contentsMember];
  return { state: state.digest(), listing: listing!, contents: contents!, received, members };
}

async function* counted({ report }: OutWork, lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) {
    if (line.startsWith('{"gone":')) report.removed++;
    else report.changed++;
    yield line;
  }
}

async function* hashed(
  text: AsyncIterable<Uint8Array>,
  state: { update(chunk: Uint8Array): unknown },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of text) {
    state.update(chunk);
    yield chunk;
  }
}

function note(trx: Db, { row }: OutWork, blobs: readonly BlobRow[], members: readonly string[]): Promise<void> {
  const noted = blobs.map(({ sha256 }, i) => ({ blob: sha256, member: members[i]!, part: null, position: null }));
  return saveBundleBlobs(trx, row.id, noted);
}

import {
  type BundledBlob,
  type BundlePartRow,
  findBlob,
  findBundle,
  findBundleState,
  saveBundleBlobs,
  saveBundleParts,
} from '@sluice/catalog';
import {
  attachmentMember,
  blobMember,
  contentsMember,
  mostParts,
  partBodyAt,
  prefixDigits,
  readContentsLine,
  readStateFile,
  tarEnd,
  tarMemberBytes,
} from '@sluice/formats/bundle';
import { parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { blobRefOf } from '../blob-ref.ts';
import { invalid } from './definition.ts';
import type { OutWork } from './work.ts';
import { storedLines } from './write-listing.ts';

/**
 * Fourth stage: what of the contents the far side lacks, each blob once, is laid out over the parts, in the order of the contents. A
 * part is as large as was wished at most, unless one member alone is larger.
 */
export async function planParts(work: OutWork): Promise<boolean> {
  const { deps, row, place, report, definition } = work;
  const contents = (await blobOf(work, place.contents!))!;
  const layout = partLayout(definition.part_bytes);
  const blobs: BundledBlob[] = [];
  const add = (sha256: string, bytes: number, member: string) => {
    const part = layout.take(tarMemberBytes(bytes));
    blobs.push({ blob: sha256ToBytes(parseSha256(sha256)), member, part, position: blobs.length });
  };
  add(place.contents!, contents.size, contentsMember);
  const isThere = await farSide(work);
  const seen = new Set<string>();
  const attached: { sha256: string; bytes: number; name: string }[] = [];
  Object.assign(report, { blobs: 0, blob_bytes: 0 });
  for await (const text of storedLines(deps, contents)) {
    const line = readContentsLine(text);
    if (line.kind === 'attachment') attached.push(line);
    if (line.kind !== 'record') continue;
    for (const { sha256, bytes } of [line, ...line.companions]) {
      if (seen.has(sha256) || isThere(sha256)) continue;
      seen.add(sha256);
      add(sha256, bytes, blobMember(sha256));
      report.blobs++;
      report.blob_bytes += bytes;
    }
    await work.tick();
  }
  for (const { sha256, bytes, name } of attached) {
    add(sha256, bytes, attachmentMember(name));
    report.blobs++;
    report.blob_bytes += bytes;
  }
  const sizes = layout.end();
  if (sizes.length > mostParts) {
    throw invalid(
      `That would be ${sizes.length} parts, and a bundle has ${mostParts} at most: make them larger.`,
      String(sizes.length),
    );
  }
  const parts = sizes.map(
    (bytes, i): BundlePartRow => ({ part: i + 1, bytes, sha256: null, place: null, state: 'todo' }),
  );
  place.parts = parts.length;
  report.parts = parts.length;
  report.bytes_total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  await work.save({}, async (trx) => {
    await saveBundleBlobs(trx, row.id, blobs);
    await saveBundleParts(trx, row.id, parts);
  });
  return true;
}

/** Lays members out over parts of at most `most` bytes each; one that is larger by itself has a part of its own. */
export function partLayout(most: number): { take(bytes: number): number; end(): number[] } {
  const empty = partBodyAt + tarEnd.length;
  const sizes: number[] = [];
  let size = empty;
  return {
    take(bytes) {
      if (size > empty && size + bytes > most) {
        sizes.push(size);
        size = empty;
      }
      size += bytes;
      return sizes.length + 1;
    },
    end: () => [...sizes, size],
  };
}

/** Tells whether the far side has a blob: from the base's listing, and from what its state file says. */
async function farSide({ deps, place, row }: OutWork): Promise<(sha256: string) => boolean> {
  const there = new Set<string>();
  const base = place.base === undefined ? undefined : await findBundle(deps.db, place.base);
  const listing = base?.contents && (await findBlob(deps.db, base.contents));
  if (listing) {
    for await (const text of storedLines(deps, listing)) {
      const line = readContentsLine(text);
      if (line.kind !== 'record') continue;
      for (const { sha256 } of [line, ...line.companions]) there.add(sha256);
    }
  }
  const state = await stateOf(deps, row.id);
  return (sha256) => there.has(sha256) || state.has(sha256.slice(0, prefixDigits));
}

async function stateOf(deps: OutWork['deps'], id: string): Promise<ReadonlySet<string>> {
  const blob = await findBundleState(deps.db, id);
  return blob ? readStateFile(await deps.storage.read(blobRefOf(blob))).blobs : new Set();
}

function blobOf({ deps }: OutWork, sha256: string) {
  return findBlob(deps.db, sha256ToBytes(parseSha256(sha256)));
}

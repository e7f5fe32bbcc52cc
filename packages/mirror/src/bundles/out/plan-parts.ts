import { type BundlePartRow, findBlob, findBundle, findBundleState, saveBundleParts } from '@sluice/catalog';
import {
  attachmentMember,
  blobMember,
  blobsOfRecordLine,
  contentsMember,
  isRecordLine,
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
import { storedLines } from '../stored-lines.ts';
import { invalid } from './definition.ts';
import type { OutWork } from './work.ts';

/** What stands in which part. The same contents give the same plan, so it is made again rather than kept. */
export interface PartPlan {
  /** Size of each part's file. */
  sizes: number[];
  /** For each part the place of its first member in `members`. */
  starts: number[];
  /** Digest (hex) and name of each member behind the manifest, in order. */
  members: { sha256: string; name: string }[];
  /** Of blobs and attachments. */
  bytes: number;
}

/** Lay out the parts. */
export async function planParts(work: OutWork): Promise<'write'> {
  const { row, place, report } = work;
  const { sizes, members, bytes } = await partPlan(work);
  if (sizes.length > mostParts) {
    const many = `That would be ${sizes.length} parts, and a bundle has ${mostParts} at most: make them larger.`;
    throw invalid(many, String(sizes.length));
  }
  place.parts = sizes.length;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  Object.assign(report, { blobs: members.length - 1, blob_bytes: bytes, parts: sizes.length, bytes_total: total });
  const parts = sizes.map(
    (size, i): BundlePartRow => ({ part: i + 1, bytes: size, sha256: null, place: null, state: 'todo' }),
  );
  await work.save({}, (trx) => saveBundleParts(trx, row.id, parts));
  return 'write';
}

/**
 * What of the contents the far side lacks, each blob once, laid out over the parts in the order of the contents; attachments come
 * last. A part is as large as was wished at most, unless one member alone is larger.
 */
export async function partPlan(work: OutWork): Promise<PartPlan> {
  if (work.plan) return work.plan;
  const { deps, place, definition } = work;
  const contents = (await findBlob(deps.db, sha256ToBytes(parseSha256(place.contents!))))!;
  const layout = partLayout(definition.part_bytes);
  const plan: PartPlan = { sizes: [], starts: [], members: [], bytes: 0 };
  const add = (sha256: string, bytes: number, name: string) => {
    const part = layout.take(tarMemberBytes(bytes));
    plan.starts[part - 1] ??= plan.members.length;
    plan.members.push({ sha256, name });
  };
  add(place.contents!, contents.size, contentsMember);
  const named = new Map<string, number>();
  const attached: { sha256: string; bytes: number; name: string }[] = [];
  for await (const text of storedLines(deps, contents)) {
    if (!isRecordLine(text)) {
      const line = readContentsLine(text);
      if (line.kind === 'attachment') attached.push(line);
      continue;
    }
    for (const { sha256, bytes } of blobsOfRecordLine(text)) named.set(sha256, bytes);
    await work.tick();
  }
  const isThere = await farSide(work, named);
  for (const [sha256, bytes] of named) {
    if (isThere(sha256)) continue;
    add(sha256, bytes, blobMember(sha256));
    plan.bytes += bytes;
  }
  for (const { sha256, bytes, name } of attached) {
    add(sha256, bytes, attachmentMember(name));
    plan.bytes += bytes;
  }
  plan.sizes = layout.end();
  work.plan = plan;
  return plan;
}

/** Lays members out over parts of at most `most` bytes each; one that is larger by itself has a part of its own. */
function partLayout(most: number): { take(bytes: number): number; end(): number[] } {
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

/** Tells which of these blobs the far side has: from the base's listing, and from what its state file says. */
async function farSide(work: OutWork, named: ReadonlyMap<string, unknown>): Promise<(sha256: string) => boolean> {
  const { deps, row } = work;
  const there = work.known ?? (await ofBase(work, named));
  const state = await findBundleState(deps.db, row.id);
  const said = state && readStateFile(await deps.storage.read(blobRefOf(state))).blobs;
  return (sha256) => there.has(sha256) || (said?.has(sha256.slice(0, prefixDigits)) ?? false);
}

async function ofBase({ deps, place }: OutWork, named: ReadonlyMap<string, unknown>): Promise<Set<string>> {
  const there = new Set<string>();
  const base = place.base === undefined ? undefined : await findBundle(deps.db, place.base);
  const listing = base?.contents && (await findBlob(deps.db, base.contents));
  if (!listing || named.size === 0) return there;
  for await (const text of storedLines(deps, listing)) {
    if (!isRecordLine(text)) continue;
    for (const { sha256 } of blobsOfRecordLine(text)) if (named.has(sha256)) there.add(sha256);
  }
  return there;
}

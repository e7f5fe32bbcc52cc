import { type BlobRow, type BundleRow, changedShards, findPublicationSource } from '@sluice/catalog';
import {
  blobFinder,
  blobsOfRecordLine,
  compareLineKeys,
  isRecordLine,
  type KeyRange,
  recordKey,
  recordPlaceOf,
  splicedListing,
} from '@sluice/formats/bundle';
import { fileRange, packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { storedWholeLines } from '../stored-lines.ts';
import { headLines, recordLines } from './listing-lines.ts';
import { outWork } from './place.ts';
import type { OutWork } from './work.ts';

/** More changed names than that, and everything is read anew. */
const mostNames = 2000;

/** Channel path → part → package names that its publications show differently. */
export type Touched = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/**
 * The names that changed since the base was made, from the entries of the publications: undefined where these cannot tell, since a
 * publication is gone, other channels are bundled, or files were left out then that may be had now.
 */
export async function touchedSince({ deps: { db }, place }: OutWork, base: BundleRow): Promise<Touched | undefined> {
  const { place: then, report } = outWork(base);
  if (report.missing > 0 || then.channels.length !== place.channels.length) return undefined;
  const touched = new Map<string, Map<string, string[]>>();
  let names = 0;
  for (const [i, { id, no, line, mirrors }] of place.channels.entries()) {
    const before = then.channels[i]!;
    const isSame = before.id === id && before.line.path === line.path && `${before.mirrors}` === `${mirrors}`;
    if (!isSame || before.no === 0 || !(await findPublicationSource(db, id, before.no))) return undefined;
    const parts = new Map<string, string[]>();
    for (const key of (await changedShards(db, id, before.no, no)).sort()) {
      const cut = key.indexOf('/');
      const part = key.slice(0, cut);
      parts.set(part, [...(parts.get(part) ?? []), key.slice(cut + 1)]);
      if (++names > mostNames) return undefined;
    }
    touched.set(line.path, parts);
  }
  return touched;
}

/** A listing that goes on from an earlier one: only what may differ is read. */
export interface ContinuedListing {
  /** The whole. To be read to its end before the others. */
  text: AsyncIterable<Uint8Array>;
  /** What of the earlier one may differ. */
  earlier: readonly string[];
  /** What stands in its place now. */
  later: readonly string[];
  /** Blobs (hex) of `later` that the earlier one names, too. */
  known: ReadonlySet<string>;
}

/** The listing of now, out of that of a base: what lies apart from names that changed is taken over unread. */
export async function continuedListing(
  work: OutWork,
  base: BundleRow,
  before: BlobRow,
  touched: Touched,
): Promise<ContinuedListing> {
  const { report } = work;
  const later: string[] = [];
  for await (const line of headLines(work)) later.push(line);
  for (const channel of work.place.channels) {
    for await (const line of recordLines(work, channel, touched.get(channel.line.path))) later.push(line);
  }
  const earlier: string[] = [];
  const named = new Set(blobsOf(later).map(({ sha256 }) => sha256));
  const known = new Set<string>();
  const names = new Set<string>();
  for (const [channel, parts] of touched) {
    for (const [part, some] of parts) for (const name of some) names.add([channel, part, name].join('\0'));
  }
  const then = outWork(base).report;
  report.files += then.files;
  report.bytes += then.bytes;

  function stays(text: string): boolean {
    const place = recordPlaceOf(text);
    const blobs = blobsOf([text]);
    for (const { sha256 } of blobs) if (named.has(sha256)) known.add(sha256);
    if (place && !names.has([place.channel, place.part, nameOf(place)].join('\0'))) return true;
    earlier.push(text);
    if (!place) return false;
    report.files--;
    report.bytes -= blobs[0]?.bytes ?? 0;
    return false;
  }
  const find = blobFinder(named);
  function onStretch(lines: Uint8Array): void {
    for (const sha256 of find(lines)) known.add(sha256);
  }
  const splice = { ranges: rangesOf(touched), coming: later, stays, onStretch };
  return { text: splicedListing(storedWholeLines(work.deps, before), splice), earlier, later, known };
}

function blobsOf(lines: readonly string[]): { sha256: string; bytes: number }[] {
  return lines.filter(isRecordLine).flatMap(blobsOfRecordLine);
}

function nameOf({ part, file }: { part: string; file: string }): string {
  return packageNameOf(packageTypeOf(part), file);
}

/** Where lines of these names may stand, and those before the first record. */
function rangesOf(touched: Touched): KeyRange[] {
  const ranges: KeyRange[] = [['', recordKey('', '', '')]];
  for (const [channel, parts] of touched) {
    for (const [part, names] of parts) {
      for (const name of names) {
        const [from, to] = fileRange(packageTypeOf(part), name);
        ranges.push([recordKey(channel, part, from), recordKey(channel, part, to)]);
      }
    }
  }
  return apart(ranges);
}

/** In their order; those that meet as one. */
function apart(ranges: readonly KeyRange[]): KeyRange[] {
  const found: [from: string, to: string][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => compareLineKeys(a, b))) {
    const last = found.at(-1);
    if (!last || compareLineKeys(last[1], from) < 0) found.push([from, to]);
    else if (compareLineKeys(last[1], to) < 0) last[1] = to;
  }
  return found;
}

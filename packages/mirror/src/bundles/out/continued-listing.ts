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
import type { BundledChanges, BundledSpan } from '../deps.ts';
import { storedWholeLines } from '../stored-lines.ts';
import { headLines, recordLines, type TouchedPart } from './listing-lines.ts';
import { outWork } from './place.ts';
import type { OutWork } from './work.ts';

/** More names than that to read, and everything is read anew. */
const mostNames = 2000;
/** So, too, when there are more records than that to hold. */
const mostHeld = 50_000;

/** Channel path → part → what of it its publications show differently. */
export type Touched = ReadonlyMap<string, ReadonlyMap<string, TouchedPart>>;

/**
 * What changed since the base was made, from the entries of the publications: undefined where these cannot tell, since a
 * publication is gone, other channels are bundled, or files were left out then that may be had now.
 */
export async function touchedSince(work: OutWork, base: BundleRow): Promise<Touched | undefined> {
  const { deps, place } = work;
  const { place: then, report } = outWork(base);
  if (report.missing > 0 || then.channels.length !== place.channels.length) return undefined;
  const touched = new Map<string, Map<string, TouchedPart>>();
  let read = 0;
  let held = 0;
  for (const [i, { id, no, line, mirrors }] of place.channels.entries()) {
    const before = then.channels[i]!;
    const isSame = before.id === id && before.line.path === line.path && `${before.mirrors}` === `${mirrors}`;
    if (!isSame || before.no === 0 || !(await findPublicationSource(deps.db, id, before.no))) return undefined;
    const span = { channelId: id, from: before.no, to: no, layers: mirrors };
    const names = await changedNames(work, span);
    if (!names) return undefined;
    const parts = new Map<string, TouchedPart>();
    for (const [part, some] of names) {
      const changes = await deps.changedVersions({ ...span, part });
      parts.set(part, { names: [...some], changes });
      read += changes ? 0 : some.size;
      held += changes?.fresh.length ?? 0;
      if (read > mostNames || held > mostHeld) return undefined;
    }
    touched.set(line.path, parts);
  }
  return touched;
}

/** The package names whose lines may differ between two publications, by part; undefined where it cannot be told which. */
async function changedNames({ deps }: OutWork, span: BundledSpan): Promise<Map<string, Set<string>> | undefined> {
  const own = await deps.ownChangedNames(span);
  if (!own) return undefined;
  const parts = new Map(Array.from(own, ([part, names]) => [part, new Set(names)]));
  for (const key of await changedShards(deps.db, span.channelId, span.from, span.to)) {
    const cut = key.indexOf('/');
    const part = key.slice(0, cut);
    const names = parts.get(part) ?? new Set();
    parts.set(part, names.add(key.slice(cut + 1)));
  }
  return parts;
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
  const isTouched = touchedPlaces(touched);
  const then = outWork(base).report;
  report.files += then.files;
  report.bytes += then.bytes;

  function stays(text: string): boolean {
    const place = recordPlaceOf(text);
    const blobs = blobsOf([text]);
    for (const { sha256 } of blobs) if (named.has(sha256)) known.add(sha256);
    if (place && !isTouched(place)) return true;
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

interface RecordPlace {
  channel: string;
  part: string;
  file: string;
}

/** Tells whether a record's line may differ. */
function touchedPlaces(touched: Touched): (place: RecordPlace) => boolean {
  const all = new Set<string>();
  const add = (channel: string, part: string, some: Iterable<string>) => {
    for (const one of some) all.add(recordKey(channel, part, one));
  };
  for (const [channel, parts] of touched) {
    for (const [part, { names, changes }] of parts) add(channel, part, changes ? filesOf(changes) : names);
  }
  return ({ channel, part, file }) => {
    const isByFile = touched.get(channel)?.get(part)?.changes !== undefined;
    return all.has(recordKey(channel, part, isByFile ? file : packageNameOf(packageTypeOf(part), file)));
  };
}

function filesOf({ dropped, fresh }: BundledChanges): string[] {
  return [...new Set([...dropped, ...fresh.map(({ file }) => file)])];
}

/** Where lines that may differ stand, and those before the first record. */
function rangesOf(touched: Touched): KeyRange[] {
  const ranges: KeyRange[] = [['', recordKey('', '', '')]];
  for (const [channel, parts] of touched) {
    for (const [part, { names, changes }] of parts) {
      const keys = changes
        ? filesOf(changes).map((file) => [file, `${file}\0`] as const)
        : names.map((name) => fileRange(packageTypeOf(part), name));
      for (const [from, to] of keys) ranges.push([recordKey(channel, part, from), recordKey(channel, part, to)]);
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

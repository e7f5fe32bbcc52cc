import { type BlobRow, type BundleRow, changedShards, findPublicationSource } from '@sluice/catalog';
import { blobsOfRecordLine, isRecordLine, mergedLines, recordPlaceOf } from '@sluice/formats/bundle';
import { packageNameOf, packageTypeOf } from '@sluice/formats/package';
import { storedLineBatches } from '../stored-lines.ts';
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
  /** The whole, some lines at a time. To be read to its end before the others. */
  lines: AsyncIterable<string[]>;
  /** What of the earlier one may differ. */
  earlier(): string[];
  /** What stands in its place now. */
  later: string[];
  /** Blobs (hex) of `later` that the earlier one names, too. */
  known: ReadonlySet<string>;
}

/** The listing of now, out of an earlier one: lines of records whose names did not change are taken over. */
export async function continuedListing(work: OutWork, before: BlobRow, touched: Touched): Promise<ContinuedListing> {
  const later: string[] = [];
  for await (const line of headLines(work)) later.push(line);
  for (const channel of work.place.channels) {
    for await (const line of recordLines(work, channel, touched.get(channel.line.path))) later.push(line);
  }
  const names = new Set<string>();
  for (const [channel, parts] of touched) {
    for (const [part, some] of parts) for (const name of some) names.add([channel, part, name].join('\0'));
  }
  const named = new Set(
    later
      .filter(isRecordLine)
      .flatMap(blobsOfRecordLine)
      .map(({ sha256 }) => sha256),
  );
  const known = new Set<string>();
  const earlier: string[] = [];
  function isKept(text: string): boolean {
    const place = recordPlaceOf(text);
    const blobs = place ? blobsOfRecordLine(text) : [];
    for (const { sha256 } of blobs) if (named.has(sha256)) known.add(sha256);
    if (!place || names.has([place.channel, place.part, nameOf(place)].join('\0'))) {
      earlier.push(text);
      return false;
    }
    work.report.files++;
    work.report.bytes += blobs[0]?.bytes ?? 0;
    return true;
  }
  async function* kept(): AsyncGenerator<string[]> {
    for await (const lines of storedLineBatches(work.deps, before)) yield lines.filter(isKept);
  }
  return { lines: mergedLines(kept(), later), earlier: () => earlier, later, known };
}

function nameOf({ part, file }: { part: string; file: string }): string {
  return packageNameOf(packageTypeOf(part), file);
}

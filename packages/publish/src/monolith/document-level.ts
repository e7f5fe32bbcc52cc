/**
 * Up to so many bytes the best of the usual levels is a matter of milliseconds. Above, the quickest: records are digests for a good
 * part, in which it looks for nothing, so of an index it makes less than level 3 does, in a third of the time.
 */
const thoroughUpTo = 256 * 1024;

/** The zstd level for a document of so many bytes. */
export function documentLevel(bytes: number): number {
  return bytes <= thoroughUpTo ? 16 : 1;
}

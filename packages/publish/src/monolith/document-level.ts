/** Up to so many bytes the best of the usual levels is a matter of milliseconds; above, speed counts. */
const thoroughUpTo = 256 * 1024;

/** The zstd level for a document of so many bytes. */
export function documentLevel(bytes: number): number {
  return bytes <= thoroughUpTo ? 16 : 3;
}

/** The last second of the year 9999. Read as milliseconds it lies in 1978, before any package was built. */
const MAX_SECONDS = 253_402_300_799;

/**
 * A conda `timestamp` in milliseconds. Early builders wrote seconds; conda-index and rattler tell the two apart by
 * size, and so does this.
 */
export function toMilliseconds(timestamp: number): number {
  return Math.trunc(timestamp <= MAX_SECONDS ? timestamp * 1000 : timestamp);
}

/** A conda `timestamp` in whole seconds, as channeldata.json has it. */
export function toSeconds(timestamp: number): number {
  return Math.trunc(timestamp > MAX_SECONDS ? timestamp / 1000 : timestamp);
}

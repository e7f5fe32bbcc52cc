import type { IndexJson } from '@sluice/formats/conda';
import { RegistryError } from '../errors.ts';

/** By so much clocks may differ before a package counts as built in the future. */
const skewMs = 10 * 60_000;

/**
 * Refuse a package that says it will be built later: whoever resolves by time would be led astray.
 *
 * @throws {RegistryError} `timestamp_future`.
 * @see CEP 47, "Timestamp validation"
 */
export function refuseFuture(fileName: string, index: Pick<IndexJson, 'timestamp' | 'raw'>, now: Date): void {
  // What is too large to be read as a time is beyond all times.
  const timestamp = index.timestamp ?? index.raw.timestamp;
  if (typeof timestamp !== 'number' || timestamp <= now.getTime() + skewMs) return;
  const wanted = `at most ${now.toISOString()}`;
  const found = new Date(Math.min(timestamp, 8.64e15)).toISOString();
  const message = `${fileName} says it was built in the future. Check the clock of the machine that builds it, and build it again.`;
  throw new RegistryError('timestamp_future', message, { wanted, found });
}

import { type Db, findOlderRecords, type Part, type RecordVersion } from '@sluice/catalog';
import { type IndexJson, readRecord } from '@sluice/formats/conda';
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

/**
 * When these bytes were first listed under this name, in milliseconds: now, unless they were here before and were deleted.
 * It is set once and never changes.
 *
 * @param latest the last version of the file, if there was one.
 * @see CEP 47
 */
export async function firstListed(
  db: Db,
  part: Part,
  latest: RecordVersion | undefined,
  { sha256, now }: { sha256: string; now: Date },
): Promise<number> {
  if (!latest) return now.getTime();
  const versions = [latest, ...(await findOlderRecords(db, part, latest.file, latest.from_rev, 100))];
  const times = versions
    .map(({ body }) => readRecord(body))
    .filter((record) => record.sha256 === sha256)
    .flatMap(({ indexed_timestamp }) => indexed_timestamp ?? []);
  return Math.min(now.getTime(), ...times);
}

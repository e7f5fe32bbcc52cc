import { setTimeout as pause } from 'node:timers/promises';
import type { Receiving } from '../deps.ts';
import { houseCodeOf } from '../error-code.ts';
import { MirrorError } from '../errors.ts';
import type { Location } from '../upstreams/location.ts';
import { type OpenFile, openFile } from '../upstreams/open-file.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';

/** What a record promises of its file. Digests in lower-case hex, size in bytes. */
export interface Expected {
  sha256?: string | undefined;
  md5?: string | undefined;
  size?: number | undefined;
}

/** Which file, and where its bytes are. */
export interface PackagePlace {
  subdir: string;
  file: string;
  location: Location;
}

/** More than any package has; so much of one without a size in its record is taken before it is refused. */
export const mostPackageBytes = 64 * 1024 ** 3;

/** An upstream that asks for more patience is asked again after this. */
const mostRetryAfter_s = 30;

/** How hard to try. */
export interface Patience {
  /** Tries in all while an answer is cut short; each goes on where the last one ended. */
  attempts: number;
  /** Pause before the second, in ms; doubled for each further one. */
  pauseMs: number;
  /**
   * Waits so many ms, in place of a wait of ours: for whoever has something else to do meanwhile. Then nobody reads the file while
   * it comes, either: each request is sent once, and bytes are gathered before they are written.
   */
  pause?: (ms: number) => Promise<void>;
}

/**
 * Refuse a file at its first answer when the upstream already says it has another size.
 *
 * @throws {MirrorError} `size_mismatch`; the answer is discarded then.
 */
export async function checkSize(place: PackagePlace, opened: OpenFile, expected: Expected): Promise<void> {
  if (opened.size === undefined || expected.size === undefined || opened.size === expected.size) return;
  await opened.discard();
  throw sizeMismatch(place, `${expected.size} bytes`, `${opened.size} bytes`);
}

/**
 * Bring the bytes of a file into a receiving, to its end. What is cut short goes on where it ended, or, at an upstream
 * that cannot do that, by skipping what is there already. Does not finish the receiving: admission verifies.
 *
 * @param first an answer that is open already.
 * @throws {MirrorError} what `openFile` throws; `size_mismatch`; the signal's reason. What the receiving throws.
 */
export async function receivePackage(
  deps: UpstreamDeps,
  receiving: Receiving,
  place: PackagePlace,
  expected: Expected,
  patience: Patience,
  first?: OpenFile,
): Promise<void> {
  let opened = first;
  const wait = (ms: number) => pause(ms, undefined, { signal: deps.signal }).catch(() => deps.signal?.throwIfAborted());
  for (let attempt = 1; ; attempt++) {
    try {
      opened ??= await openFile(deps, place.location, `${place.subdir}/${place.file}`, {
        from: receiving.size,
        attempts: patience.pause && 1,
      });
      await checkSize(place, opened, expected);
      await pump(deps, receiving, opened, patience.pause ? gatheredBytes : 0);
      if (opened.size !== undefined && receiving.size < opened.size) throw cutShort(place, opened.size, receiving.size);
      return;
    } catch (error) {
      deps.signal?.throwIfAborted();
      if (isTooLarge(error)) throw sizeMismatch(place, `${expected.size ?? 'fewer'} bytes`, 'more', error);
      if (!(error instanceof MirrorError) || !error.transient || attempt >= patience.attempts) throw error;
      opened = undefined;
      const ms = Math.max(
        patience.pauseMs * 2 ** (attempt - 1),
        Math.min(error.retryAfterS ?? 0, mostRetryAfter_s) * 1000,
      );
      await (patience.pause ?? wait)(ms);
    }
  }
}

/** Of a body so much is gathered before it is written: fewer calls to the disk count more than a copy. */
const gatheredBytes = 256 * 1024;

async function pump(deps: UpstreamDeps, receiving: Receiving, opened: OpenFile, gatherBytes: number): Promise<void> {
  let known = receiving.size - opened.start;
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  const write = async () => {
    const whole = gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered, bytes);
    [gathered, bytes] = [[], 0];
    if (whole.length > 0) await receiving.write(whole);
  };
  try {
    for await (const chunk of opened.bytes) {
      deps.signal?.throwIfAborted();
      const fresh = known > 0 ? chunk.subarray(Math.min(known, chunk.length)) : chunk;
      known -= chunk.length;
      gathered.push(fresh);
      bytes += fresh.length;
      if (bytes >= gatherBytes) await write();
    }
  } finally {
    // What came before a break is not fetched again.
    await write();
  }
}

function isTooLarge(error: unknown): boolean {
  const code = houseCodeOf(error);
  return code === 'blob_too_large' || code === 'blob_corrupt';
}

function sizeMismatch(place: PackagePlace, wanted: string, found: string, cause?: unknown): MirrorError {
  return new MirrorError(
    'size_mismatch',
    `The upstream's ${place.subdir}/${place.file} has ${found}, its record says ${wanted}.`,
    { wanted, found, cause },
  );
}

function cutShort(place: PackagePlace, wanted: number, found: number): MirrorError {
  return new MirrorError('upstream_unavailable', `The answer for ${place.subdir}/${place.file} was cut short.`, {
    wanted: `${wanted} bytes`,
    found: `${found} bytes`,
    transient: true,
  });
}

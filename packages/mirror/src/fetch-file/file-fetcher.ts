import { setTimeout as pause } from 'node:timers/promises';
import { createFileLocks, findBlob, findRecordDigest, findRecordVersion, findSource, type Part } from '@sluice/catalog';
import { bytesToHex, type Md5, parseMd5, parseSha256, type Sha256, sha256ToBytes } from '@sluice/formats/digest';
import { admitBytes } from '@sluice/registry';
import type { MirrorDeps, Receiving } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { storedAddress, upstreamOf } from '../upstream-of.ts';
import { upstreamFormat } from '../upstreams/index.ts';
import { type OpenFile, openFile } from '../upstreams/open-file.ts';
import type { UpstreamDeps } from '../upstreams/upstream-deps.ts';
import { checkSize, type Expected, mostPackageBytes, type PackagePlace, receivePackage } from './receive-package.ts';

/** A file of a source that a client asks for and whose bytes are not here. */
export interface WantedFile {
  part: Part;
  file: string;
  /** The version of the record that the client sees. */
  from_rev: number;
  expected: Expected;
}

/** Half open: the first byte, and the one after the last. */
export interface FetchRange {
  start?: number;
  end?: number;
}

/** The bytes of a wanted file: local after all, or on their way in. */
export type Fetched = { kind: 'local'; sha256: Sha256 } | Inflight;

/** A file on its way in. Any number of clients read it while it comes. */
export interface Inflight {
  kind: 'inflight';
  /** Bytes; undefined when neither the record nor the upstream says. */
  size: number | undefined;
  /**
   * The bytes as they come, each reader at its own pace. The last piece is given only when the whole file has been
   * verified and is durable: what ends well is right. Ends with an error otherwise, so that the answer is cut.
   */
  read(range?: FetchRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** Settles when the file is durable, or will never be. @throws {MirrorError} what went wrong. */
  done: Promise<{ sha256: Sha256; size: number }>;
}

/** Fetches files at their first request. One for the life of a process. */
export interface FileFetcher {
  /**
   * @throws {MirrorError} before any byte: `upstream_unavailable`, `upstream_missing`, `upstream_denied`, `size_mismatch`,
   *   `source_refused`, `mirror_missing` when the source is gone.
   */
  fetch(wanted: WantedFile): Promise<Fetched>;
  /** Abort what is under way. */
  close(): Promise<void>;
}

export interface FetcherOptions {
  /** How often to look whether another process has finished, in ms. Default 100. */
  pollMs?: number;
  /** How long to wait for it before fetching the file here, too, in ms: a client waits no longer. Default 20,000. */
  waitMs?: number;
  /** Pause before a cut transfer goes on, in ms. Default 500. */
  retryPauseMs?: number;
}

/**
 * A fetcher with one upstream request a file: callers in this process share one transfer, other processes wait for the
 * blob under a lock of the database. A client that leaves does not stop a transfer: the next one wants it too.
 */
export function createFileFetcher(deps: MirrorDeps, options: FetcherOptions = {}): FileFetcher {
  const pollMs = options.pollMs ?? 100;
  const waitMs = options.waitMs ?? 20_000;
  const patience = { attempts: 3, pauseMs: options.retryPauseMs ?? 500 };
  const locks = createFileLocks(deps.pool);
  const closing = new AbortController();
  const underWay = new Map<string, Promise<Fetched>>();

  /** @returns what another process has brought in, or whether the lock is ours: then it is our turn. */
  async function waitForTurn(key: string, wanted: WantedFile): Promise<{ local: Sha256 } | { locked: boolean }> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      closing.signal.throwIfAborted();
      const locked = await locks.tryLock(key);
      // Looked at after the lock: whoever had it before us may have finished just then.
      const local = await localDigest(deps, wanted);
      if (local && locked) await unlock(key);
      if (local) return { local };
      if (locked || performance.now() > deadline) return { locked };
      await pause(pollMs, undefined, { signal: closing.signal }).catch(() => {});
    }
  }

  const unlock = (key: string) => locks.unlock(key).catch(() => {});

  async function begin(key: string, wanted: WantedFile): Promise<Fetched> {
    const local = await localDigest(deps, wanted);
    if (local) return { kind: 'local', sha256: local };
    const turn = await waitForTurn(key, wanted);
    if ('local' in turn) return { kind: 'local', sha256: turn.local };
    const letGo = () => (turn.locked ? unlock(key) : undefined);
    try {
      const inflight = await open(wanted);
      inflight.done.catch(() => {}).finally(letGo);
      return inflight;
    } catch (error) {
      await letGo();
      throw error;
    }
  }

  async function open({ part, file, from_rev, expected }: WantedFile): Promise<Inflight> {
    const source = await findSource(deps.db, part.source_id);
    if (!source?.url)
      throw new MirrorError('mirror_missing', `The source of ${part.subdir}/${file} is gone.`, { found: file });
    if (source.type === 'kept') throw vanished(part, file);
    const stored = storedAddress(source, source.url);
    const upstream = { ...upstreamOf(deps, stored), signal: closing.signal };
    const location = await upstreamFormat(source.type).locator(deps, upstream)({ part, file, from_rev });
    const place: PackagePlace = { subdir: part.subdir, file, location };
    const receiving = await deps.storage.receive({ expect: expectOf(expected), maxBytes: mostPackageBytes });
    const first = await firstAnswer(upstream, place, expected).catch(async (error: unknown) => {
      await receiving.discard();
      const isMissing = error instanceof MirrorError && error.code === 'upstream_missing';
      const version = isMissing ? await findRecordVersion(deps.db, part, file, from_rev) : undefined;
      throw version && version.to_rev !== null ? vanished(part, file, error) : error;
    });

    async function transfer(): Promise<{ sha256: Sha256; size: number }> {
      try {
        await receivePackage(upstream, receiving, place, expected, patience, first);
      } catch (error) {
        await receiving.abort(error);
        throw error;
      }
      const arrived = {
        receiving,
        sourceId: part.source_id,
        subdir: part.subdir,
        file,
        fromRev: from_rev,
        hasSha256: expected.sha256 !== undefined,
      };
      const [outcome] = await admitBytes(deps, [arrived]);
      if (!outcome!.ok)
        throw new MirrorError(outcome!.code, `${part.subdir}/${file} was not stored: ${outcome!.message}`);
      return { sha256: parseSha256(outcome!.sha256), size: outcome!.size };
    }
    const done = transfer();
    // Whoever reads sees the failure; with no reader there is nobody to tell.
    done.catch(() => {});
    return {
      kind: 'inflight',
      size: expected.size ?? first.size,
      read: (range, signal) => readInflight(receiving, done, range, signal),
      done,
    };
  }

  return {
    fetch(wanted) {
      const key = `${wanted.part.source_id}/${wanted.part.subdir}/${wanted.file}@${wanted.from_rev}`;
      const shared = underWay.get(key);
      if (shared) return shared;
      const fetched = begin(key, wanted);
      underWay.set(key, fetched);
      const forget = () => void underWay.delete(key);
      fetched.then((result) => (result.kind === 'inflight' ? result.done.then(forget, forget) : forget()), forget);
      return fetched;
    },
    async close() {
      closing.abort(new MirrorError('upstream_unavailable', 'The server is stopping.', { transient: true }));
      const results = await Promise.allSettled(underWay.values());
      await Promise.allSettled(
        results.map((result) =>
          result.status === 'fulfilled' && result.value.kind === 'inflight' ? result.value.done : undefined,
        ),
      );
    },
  };
}

/** Of a file that its upstream lists no more, and that nobody asked for while it did. */
function vanished({ subdir }: Part, file: string, cause?: unknown): MirrorError {
  return new MirrorError(
    'upstream_missing',
    `${subdir}/${file} vanished from its upstream before anybody asked for its bytes. It is listed, but there is nowhere to fetch it from. Ask whoever has the file to upload it.`,
    { found: file, cause },
  );
}

async function firstAnswer(upstream: UpstreamDeps, place: PackagePlace, expected: Expected): Promise<OpenFile> {
  const first = await openFile(upstream, place.location, `${place.subdir}/${place.file}`, { from: 0 });
  await checkSize(place, first, expected);
  return first;
}

async function* readInflight(
  receiving: Receiving,
  done: Promise<unknown>,
  range: FetchRange | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const end = range?.end ?? Number.POSITIVE_INFINITY;
  let at = range?.start ?? 0;
  let last: Uint8Array | undefined;
  try {
    for await (const chunk of receiving.readFrom(at, signal)) {
      const piece = at + chunk.length > end ? chunk.subarray(0, end - at) : chunk;
      at += piece.length;
      if (last) yield last;
      last = piece;
      if (at >= end) break;
    }
  } catch (error) {
    signal?.throwIfAborted();
    // The transfer's own error says more than that of the file it wrote to.
    await done;
    throw error;
  }
  await done;
  if (last) yield last;
}

async function localDigest(
  deps: MirrorDeps,
  { part, file, from_rev, expected }: WantedFile,
): Promise<Sha256 | undefined> {
  const digest =
    expected.sha256 === undefined
      ? await findRecordDigest(deps.db, part, file, from_rev)
      : Buffer.from(sha256ToBytes(parseSha256(expected.sha256)));
  const blob = digest && (await findBlob(deps.db, digest));
  return blob && parseSha256(bytesToHex(blob.sha256));
}

function expectOf(expected: Expected): { sha256?: Sha256; md5?: Md5; size?: number } {
  return {
    ...(expected.sha256 === undefined ? {} : { sha256: parseSha256(expected.sha256) }),
    ...(expected.md5 === undefined ? {} : { md5: parseMd5(expected.md5) }),
    ...(expected.size === undefined ? {} : { size: expected.size }),
  };
}

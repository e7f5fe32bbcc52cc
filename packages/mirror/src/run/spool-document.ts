import type { PartOrigin } from '@sluice/catalog';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import type { OpenDocument } from '../upstreams/conda/document.ts';

/** A document that has arrived as a whole and lies in a temporary file. */
export interface SpooledDocument {
  /** About how many records it has, by its size. */
  expected: number;
  /** Whether its bytes have this digest. */
  isSameAs(sha256: Uint8Array | null): boolean;
  /** Plain JSON, anew each time; each piece is valid until the next is asked for. It ends at once, with the signal's reason, when the run must end. */
  json(): AsyncIterable<Uint8Array>;
  /** Where it came from; after the last byte of the last `json`. @throws as `OpenDocument.finish`. */
  finish(): PartOrigin;
  discard(): Promise<void>;
}

/** So many are made room for at once; a larger index grows. */
const mostExpected = 2_000_000;

/** More than any index has, compressed or not. */
const mostBytes = 16 * 1024 ** 3;

/**
 * Put a document into a temporary file while it arrives: an upstream that is slow or breaks off then holds up no
 * transaction, and what is the same as last time is known before it is unpacked.
 *
 * @throws what its bytes throw; `upstream_malformed` when there is no end of them.
 */
export async function spoolDocument(
  storage: MirrorDeps['storage'],
  document: OpenDocument,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<SpooledDocument> {
  const receiving = await storage.receive({ md5: false });
  try {
    let size = 0;
    async function* arriving() {
      for await (const chunk of document.bytes) {
        signal.throwIfAborted();
        size += chunk.length;
        if (size > mostBytes) throw endless();
        yield chunk;
        onProgress();
      }
    }
    await writeBehind(arriving(), receiving.write);
    const digest = sha256ToBytes((await receiving.finish()).sha256);
    return {
      expected: Math.min(mostExpected, Math.ceil(size / (document.encoding === 'zst' ? 64 : 480))),
      isSameAs: (known) => known !== null && Buffer.compare(known, digest) === 0,
      json: () => stoppable(document.jsonOf(receiving.path), signal),
      finish: () => ({ ...document.finish(), document_sha256: digest }),
      discard: () => receiving.discard(),
    };
  } catch (error) {
    await receiving.discard();
    throw error;
  }
}

/** Bytes that are written at once: each time costs a trip to a thread and back. */
const roomBytes = 1 << 20;

/** Write chunks in large pieces, each while the next arrives: what reads them does not wait for the disk, nor the disk for it. */
async function writeBehind(
  chunks: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let [room, other] = [Buffer.allocUnsafeSlow(roomBytes), Buffer.allocUnsafeSlow(roomBytes)];
  let used = 0;
  let writing: Promise<void> = Promise.resolve();
  async function handOver(): Promise<void> {
    await writing;
    writing = write(room.subarray(0, used));
    // Whoever waits for it is told.
    writing.catch(() => {});
    [room, other] = [other, room];
    used = 0;
  }
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + room.length - used);
        room.set(part, used);
        used += part.length;
        at += part.length;
        if (used === room.length) await handOver();
      }
    }
    await handOver();
  } finally {
    await writing.catch(() => {});
  }
  await writing;
}

async function* stoppable(json: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of json) {
    signal.throwIfAborted();
    yield chunk;
  }
  signal.throwIfAborted();
}

function endless(): MirrorError {
  return new MirrorError('upstream_malformed', `The index has more than ${mostBytes} bytes.`, {
    wanted: `at most ${mostBytes} bytes`,
    found: 'more',
  });
}

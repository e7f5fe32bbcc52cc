import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AskedOf } from './upstream-server.ts';

/** What goes wrong with an answer; each field on its own or together. */
export interface Fault {
  /** Answer this instead of the file: 500, 403 … */
  readonly status?: number;
  /** With `status`: the answer's body, sent as JSON. */
  readonly body?: unknown;
  /** With `status`: an HTML page instead. */
  readonly html?: string;
  /** Where a redirect leads (302, or `status`), also as made from the path: to itself it is a loop. */
  readonly location?: string | ((path: string) => string);
  /** Break the connection without a word. */
  readonly hangUp?: boolean;
  /** Before the first byte. */
  readonly delay_ms?: number;
  /** Answer only when this resolves. */
  readonly until?: Promise<unknown>;
  /** Answer from this folder: what the upstream has become meanwhile. */
  readonly folder?: string;
  /** Break the connection after so many bytes of the body; the headers promise all of it. */
  readonly cutAfter_bytes?: number;
  /** Send other bytes than the file's, as many. */
  readonly wrongBytes?: boolean;
  /** Bytes a second, roughly. */
  readonly bytesPerSecond?: number;
  /** Only the next so many requests; without it, all that match. */
  readonly times?: number;
}

/** A step of a pipeline to an answer that counts what passes, and does to it what the fault says. */
export function spoil(
  entry: AskedOf,
  fault: Fault,
  answer: ServerResponse,
): (source: AsyncIterable<Buffer>) => AsyncGenerator<Uint8Array> {
  const most = fault.cutAfter_bytes ?? Number.POSITIVE_INFINITY;
  const pieceSize = fault.bytesPerSecond ? Math.max(1, Math.round(fault.bytesPerSecond / 20)) : most;
  return async function* (source) {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += pieceSize) {
        const piece = chunk.subarray(at, Math.min(at + pieceSize, at + most - entry.bytes));
        if (fault.bytesPerSecond) await sleep((piece.length / fault.bytesPerSecond) * 1000);
        entry.bytes += piece.length;
        yield fault.wrongBytes ? piece.map((byte) => byte ^ 0x55) : piece;
        if (entry.bytes >= most) {
          await arrived(answer);
          throw new Error('cut on purpose');
        }
      }
    }
  };
}

/**
 * Wait until the client has what was written: a reader that learns of the cut before it took the last bytes up loses them. Many
 * naps, not a long one: a client that stands still with this machine, or waits for its turn, needs as many after that.
 */
async function arrived(answer: ServerResponse): Promise<void> {
  for (let naps = 0; naps < 10 || answer.writableLength > 0; naps++) {
    if (answer.destroyed) return;
    await sleep(20);
  }
}

import { setTimeout as pause } from 'node:timers/promises';

/** So much of what was not used may be caught up. */
const credit_ms = 100;
/** Shorter waits are left to the next one. */
const shortest_ms = 5;

/**
 * A budget of so many bytes a second, shared by all who take from it: each waits until what was taken is paid for.
 *
 * @returns takes so many bytes. @throws the signal's reason, at once.
 */
export function bucket(bytesPerSecond: number): (bytes: number, signal?: AbortSignal) => Promise<void> {
  let paidUntil = performance.now();
  return async (bytes, signal) => {
    const now = performance.now();
    paidUntil = Math.max(paidUntil, now - credit_ms) + (bytes * 1000) / bytesPerSecond;
    const wait = paidUntil - now;
    if (wait < shortest_ms) return;
    await pause(wait, undefined, { ...(signal && { signal }) }).catch(() => signal?.throwIfAborted());
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { isLong } from './kill-moment.ts';

/** How many times longer than on a quiet machine things may take: an end of waiting is to find what hangs, not what is slow. */
export const slowness = isLong ? 6 : 2;

/**
 * Ask again and again until the answer is something else than undefined or false.
 *
 * @param what for the error, when `patience_ms` of a quiet machine have passed.
 */
export async function until<T>(
  what: string,
  patience_ms: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  pause_ms = 20,
): Promise<T> {
  const deadline = performance.now() + patience_ms * slowness;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`Waited ${patience_ms * slowness} ms in vain: ${what}`);
    await sleep(pause_ms);
  }
}

/**
 * Wait until what was sent before a process stopped has been heard here: some turns of this process, however long one takes.
 */
export async function untilHeard(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await sleep(10);
}

/**
 * How long a process remembers one answer, in milliseconds. What changes is announced and forgotten at once; the age bounds
 * the harm of an announcement that was missed. Memories stand on each other, three deep at most (an answer on a judged file on
 * the channel's rules; an answer on a principal), so that altogether nothing older than 30 seconds is ever used.
 */
export const MEMORY_AGE_MS = 10_000;

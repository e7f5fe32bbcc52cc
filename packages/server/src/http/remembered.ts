import { MEMORY_AGE_MS } from './memory-age.ts';

/** What a question is asked about: one thing, or a few in this order. */
type Key = string | number | readonly (string | number | undefined)[];

/** Answers of one question kept in this process's memory. Requests that ask together wait for one load. */
export interface Remembered<K extends Key, Value> {
  get(key: K): Promise<Value>;
  /** Forget everything; a load under way is given to those who wait for it, but not kept. */
  forget(): void;
}

/**
 * Remember what `load` answers, for at most `max_age_ms` and `entries` keys, the oldest going first. What changes sooner
 * is announced by `NOTIFY`; the age bounds the harm of an announcement that was missed.
 */
export function remembered<K extends Key, Value>(
  load: (key: K) => Promise<Value>,
  { now, max_age_ms = MEMORY_AGE_MS, entries = 50_000 }: { now: () => Date; max_age_ms?: number; entries?: number },
): Remembered<K, Value> {
  let answers = new Map<string | number, { value: Promise<Value>; loaded_at: number }>();
  return {
    get(asked) {
      const key = nameOf(asked);
      const known = answers.get(key);
      const instant = now().getTime();
      // A clock that is put back would make it live longer.
      if (known && Math.abs(instant - known.loaded_at) < max_age_ms) return known.value;
      const value = load(asked);
      const kept = answers;
      kept.delete(key);
      kept.set(key, { value, loaded_at: instant });
      if (kept.size > entries) kept.delete(kept.keys().next().value!);
      value.catch(() => kept.get(key)?.value === value && kept.delete(key));
      return value;
    },
    forget() {
      answers = new Map();
    },
  };
}

function nameOf(key: Key): string | number {
  return typeof key === 'object' ? JSON.stringify(key) : key;
}

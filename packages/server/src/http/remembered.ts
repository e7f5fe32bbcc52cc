import { MEMORY_AGE_MS } from './memory-age.ts';

/** Answers of one question kept in this process's memory. Requests that ask together wait for one load. */
export interface Remembered<Key, Value> {
  get(key: Key): Promise<Value>;
  /** Forget everything; a load under way is given to those who wait for it, but not kept. */
  forget(): void;
}

/**
 * Remember what `load` answers, for at most `max_age_ms` and `entries` keys, the oldest going first. What changes sooner
 * is announced by `NOTIFY`; the age bounds the harm of an announcement that was missed.
 */
export function remembered<Key extends string | number, Value>(
  load: (key: Key) => Promise<Value>,
  { now, max_age_ms = MEMORY_AGE_MS, entries = 50_000 }: { now: () => Date; max_age_ms?: number; entries?: number },
): Remembered<Key, Value> {
  let answers = new Map<Key, { value: Promise<Value>; loaded_at: number }>();
  return {
    get(key) {
      const known = answers.get(key);
      const instant = now().getTime();
      // A clock that is put back would make it live longer.
      if (known && Math.abs(instant - known.loaded_at) < max_age_ms) return known.value;
      const value = load(key);
      const kept = answers;
      kept.delete(key);
      kept.set(key, { value, loaded_at: instant });
      if (kept.size > entries) kept.delete(kept.keys().next().value as Key);
      value.catch(() => kept.get(key)?.value === value && kept.delete(key));
      return value;
    },
    forget() {
      answers = new Map();
    },
  };
}

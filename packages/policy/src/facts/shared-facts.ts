import type { Facts } from './facts.ts';

const held = new Map<string, WeakRef<Facts>>();
const loading = new Map<string, Promise<Facts | undefined>>();
const gone = new FinalizationRegistry<string>((key) => {
  if (held.get(key)?.deref() === undefined) held.delete(key);
});

/**
 * Load facts, or share those that somebody still works with: a plan and a publication often judge the same
 * hundred megabytes at the same time. Facts never change, and nothing is held that nobody uses.
 *
 * @param key names the columns for ever: the digest of their blob.
 * @param load undefined when they cannot be had: build them anew.
 * @throws what `load` throws.
 */
export function sharedFacts(key: string, load: () => Promise<Facts | undefined>): Promise<Facts | undefined> {
  const known = held.get(key)?.deref();
  if (known) {
    if (handedOn.facts === known) handedOn.facts = undefined;
    return Promise.resolve(known);
  }
  const begun = loading.get(key);
  if (begun) return begun;
  const decoding = load()
    .then((facts) => {
      if (facts) shareFacts(key, facts);
      return facts;
    })
    .finally(() => loading.delete(key));
  loading.set(key, decoding);
  return decoding;
}

/** Have facts that were just written down shared for as long as somebody holds them, instead of read back. */
export function shareFacts(key: string, facts: Facts): void {
  held.set(key, new WeakRef(facts));
  gone.register(facts, key);
}

let handedOn: { facts: Facts | undefined } = { facts: undefined };

/**
 * Hold facts until they are asked for once more, though nobody works with them: a publication judges what the run before it judged,
 * and the collector may come by in between. Only the last ones are held.
 *
 * @returns lets go of them, where nobody asked; does not hold them itself.
 */
export function handOnFacts(facts: Facts): () => void {
  handedOn.facts = undefined;
  const holding: typeof handedOn = { facts };
  handedOn = holding;
  return () => {
    holding.facts = undefined;
  };
}

import { decodeColumns } from './columns.ts';
import type { Facts } from './facts.ts';

const held = new Map<string, WeakRef<Facts>>();
const loading = new Map<string, Promise<Facts>>();
const gone = new FinalizationRegistry<string>((key) => {
  if (held.get(key)?.deref() === undefined) held.delete(key);
});

/**
 * Decode facts columns, or share those that somebody still works with: a plan and a publication often judge the same
 * hundred megabytes at the same time. Facts never change, and nothing is held that nobody uses.
 *
 * @param key names the columns for ever: the digest of their blob.
 * @throws {PolicyError} `columns_format`; what `load` throws.
 */
export function sharedFacts(key: string, load: () => Promise<Uint8Array>): Promise<Facts> {
  const known = held.get(key)?.deref();
  if (known) return Promise.resolve(known);
  const begun = loading.get(key);
  if (begun) return begun;
  const decoding = load()
    .then((bytes) => {
      const facts = decodeColumns(bytes);
      held.set(key, new WeakRef(facts));
      gone.register(facts, key);
      return facts;
    })
    .finally(() => loading.delete(key));
  loading.set(key, decoding);
  return decoding;
}

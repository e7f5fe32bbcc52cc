import type { Db } from './session.ts';

/** A transaction for verbs that begin one of their own: several of them become one deed. */
export function joined(trx: Db): Db {
  return new Proxy(trx, {
    get(target, key) {
      if (key === 'transaction') return () => ({ execute: (work: (db: Db) => unknown) => work(joined(target)) });
      const value = Reflect.get(target, key, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

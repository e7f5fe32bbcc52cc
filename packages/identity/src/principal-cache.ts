import type { Principal } from './principal.ts';

/** Remembers for a while who a credential belongs to, so that a warm request asks the database nothing. */
export interface PrincipalCache {
  /**
   * The principal of this key, from memory or from `load`. Requests that ask together wait for one load.
   *
   * @param key a digest of the credential, never the credential.
   */
  resolve(key: string, now: Date, load: () => Promise<Principal>): Promise<Principal>;
  /** Forget what involves `<noun>:<id>` (a token, session or account); everything when left out. */
  forget(changed?: string): void;
}

/** Limits of the cache. */
export interface PrincipalCacheOptions {
  /** The longest a remembered answer is used: what `NOTIFY` should have said and did not is noticed after that. */
  max_age_ms: number;
  entries: number;
}

interface Entry {
  principal: Principal;
  loaded_at: number;
}

/** A cache in this process; connect {@link PrincipalCache.forget} to the `sluice_changed` notifications. */
export function createPrincipalCache(options: Partial<PrincipalCacheOptions> = {}): PrincipalCache {
  const { max_age_ms, entries } = { max_age_ms: 30_000, entries: 20_000, ...options };
  const known = new Map<string, Entry>();
  const loading = new Map<string, Promise<Principal>>();
  // Counts what was forgotten: a load that began before must not bring the old answer back.
  let generation = 0;

  const start = async (key: string, now: Date, load: () => Promise<Principal>) => {
    const begun = generation;
    const principal = await load();
    if (begun === generation) {
      known.set(key, { principal, loaded_at: now.getTime() });
      if (known.size > entries) known.delete(known.keys().next().value!);
    }
    return principal;
  };

  return {
    resolve(key, now, load) {
      const entry = known.get(key);
      if (entry !== undefined) {
        if (usable(entry, now, max_age_ms)) return Promise.resolve(entry.principal);
        known.delete(key);
      }
      const running = loading.get(key);
      if (running !== undefined) return running;
      const promise = start(key, now, load).finally(() => {
        if (loading.get(key) === promise) loading.delete(key);
      });
      loading.set(key, promise);
      return promise;
    },
    forget(changed) {
      generation += 1;
      loading.clear();
      if (changed === undefined) known.clear();
      else for (const [key, { principal }] of known) if (involves(principal, changed)) known.delete(key);
    },
  };
}

function usable({ principal, loaded_at }: Entry, now: Date, max_age_ms: number): boolean {
  // A clock that is put back would make it live longer.
  if (Math.abs(now.getTime() - loaded_at) > max_age_ms) return false;
  if (principal.kind === 'anonymous' || principal.proof.kind === 'password') return true;
  return principal.proof.expires_at > now;
}

function involves(principal: Principal, changed: string): boolean {
  if (principal.kind === 'anonymous') return false;
  if (changed === `account:${principal.id}`) return true;
  return principal.proof.kind !== 'password' && changed === `${principal.proof.kind}:${principal.proof.id}`;
}

/** Slows guessing down. Failures count for one window only, so nobody is locked out for longer than that. */
export interface LoginLimit {
  /**
   * Begin a try. It counts as failed until {@link succeeded} takes it back, so many at once do not slip by together.
   *
   * @returns seconds to wait when this try must not be looked at; undefined when it may go on.
   */
  begin(name: string, address: string, now: Date): number | undefined;
  /** The last try was right: forget the failures of this name from this address. */
  succeeded(name: string, address: string, now: Date): void;
}

/** How many failures a window bears. */
export interface LoginLimitOptions {
  window_ms: number;
  /** For one name from one address. */
  per_name: number;
  /** For one address, whatever names it tries. */
  per_address: number;
  /** How many windows are remembered at most; the oldest goes first. */
  remembered: number;
}

const DEFAULTS: LoginLimitOptions = { window_ms: 60_000, per_name: 10, per_address: 50, remembered: 20_000 };

/**
 * A limit kept in this process. A name is never counted across addresses: otherwise anybody could keep the admin out.
 */
export function createLoginLimit(options: Partial<LoginLimitOptions> = {}): LoginLimit {
  const { window_ms, per_name, per_address, remembered } = { ...DEFAULTS, ...options };
  const windows = new Map<string, { failures: number; ends_at: number }>();

  const current = (key: string, now: Date) => {
    const window = windows.get(key);
    return window !== undefined && window.ends_at > now.getTime() ? window : undefined;
  };
  const count = (key: string, by: 1 | -1, now: Date) => {
    const failures = Math.max(0, (current(key, now)?.failures ?? 0) + by);
    const ends_at = current(key, now)?.ends_at ?? now.getTime() + window_ms;
    windows.delete(key);
    windows.set(key, { failures, ends_at });
    if (windows.size > remembered) windows.delete(windows.keys().next().value!);
  };
  const left = (key: string, most: number, now: Date) => {
    const window = current(key, now);
    return window !== undefined && window.failures >= most ? window.ends_at - now.getTime() : 0;
  };

  return {
    begin(name, address, now) {
      const ms = Math.max(left(pair(name, address), per_name, now), left(address, per_address, now));
      if (ms > 0) return Math.ceil(ms / 1000);
      count(pair(name, address), 1, now);
      count(address, 1, now);
      return undefined;
    },
    succeeded(name, address, now) {
      windows.delete(pair(name, address));
      count(address, -1, now);
    },
  };
}

function pair(name: string, address: string): string {
  return `${address} ${name.toLowerCase().slice(0, 100)}`;
}

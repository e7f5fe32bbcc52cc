/** Which package names of a subdir may show something else than before: these, or any. */
export type Touched = 'all' | ReadonlySet<string>;

/** Gathers what is touched, subdir by subdir. */
export interface TouchedSubdirs {
  /** Undefined `names`: any of the subdir. */
  add(subdir: string, names?: Iterable<string>): void;
  /** In byte order of the subdirs; those where nothing is touched are left out. */
  list(): { subdir: string; touched: Touched }[];
}

/** Nothing is touched yet. */
export function touchedSubdirs(): TouchedSubdirs {
  const subdirs = new Map<string, 'all' | Set<string>>();
  return {
    add(subdir, names) {
      const known = subdirs.get(subdir);
      if (known === 'all') return;
      if (names === undefined) {
        subdirs.set(subdir, 'all');
        return;
      }
      const touched = known ?? new Set<string>();
      for (const name of names) touched.add(name);
      if (touched.size > 0) subdirs.set(subdir, touched);
    },
    list: () =>
      [...subdirs].map(([subdir, touched]) => ({ subdir, touched })).sort((a, b) => (a.subdir < b.subdir ? -1 : 1)),
  };
}

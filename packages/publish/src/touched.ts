import { type PackageType, packageTypeOf } from '@sluice/formats/package';

/** Which package names of a subdir may show something else than before: these, or any. */
export type Touched = 'all' | ReadonlySet<string>;

/** Says that names of a subdir are touched. Undefined `names`: any of the subdir. */
export type AddTouched = (subdir: string, names?: Iterable<string>) => void;

/** Gathers what is touched, subdir by subdir. */
export interface TouchedSubdirs {
  add: AddTouched;
  /** The same for what hides names of its type in every subdir there is of it. */
  addEverywhere: AddTouched;
  /** In byte order of the subdirs; those where nothing is touched are left out. */
  list(): { subdir: string; touched: Touched }[];
}

/** Nothing is touched yet. `subdirs`: all there are. */
export function touchedSubdirs(subdirs: readonly string[]): TouchedSubdirs {
  const bySubdir = new Map<string, 'all' | Set<string>>();
  const everywhere = new Map<PackageType, 'all' | Set<string>>();
  const add: AddTouched = (subdir, names) => gather(bySubdir, subdir, names);
  return {
    add,
    addEverywhere(subdir, names) {
      const some = names && [...names];
      add(subdir, some);
      gather(everywhere, packageTypeOf(subdir), some);
    },
    list() {
      for (const subdir of subdirs) {
        const names = everywhere.get(packageTypeOf(subdir));
        if (names) add(subdir, names === 'all' ? undefined : names);
      }
      return [...bySubdir]
        .map(([subdir, touched]) => ({ subdir, touched }))
        .sort((a, b) => (a.subdir < b.subdir ? -1 : 1));
    },
  };
}

function gather<K>(gathered: Map<K, 'all' | Set<string>>, key: K, names?: Iterable<string>): void {
  const known = gathered.get(key);
  if (known === 'all') return;
  if (names === undefined) {
    gathered.set(key, 'all');
    return;
  }
  const touched = known ?? new Set<string>();
  for (const name of names) touched.add(name);
  if (touched.size > 0) gathered.set(key, touched);
}

/**
 * What a package unpacks, in short. `hasPrefix…`: some file has the build prefix in it, which conda replaces at install. The others: the
 * package brings a script that runs when an environment is activated, or when the package is linked.
 */
export type PathsSummary = {
  readonly count: number;
  readonly hasPrefixBinary: boolean;
  readonly hasPrefixText: boolean;
  readonly activateD: boolean;
  readonly deactivateD: boolean;
  readonly preLink: boolean;
  readonly postLink: boolean;
  readonly preUnlink: boolean;
};

/** Adds up a summary path by path. */
export type PathsTally = {
  /** A path, with the way its prefix is to be replaced if it has one. */
  add(path: string, prefix?: 'binary' | 'text'): void;
  /** A file that was or will be added has a prefix. */
  addPrefix(prefix: 'binary' | 'text'): void;
  summary(): PathsSummary;
};

/** Nothing yet. The patterns are those of conda-index, which fills channeldata.json from them. */
export function createPathsTally(): PathsTally {
  const seen = {
    count: 0,
    hasPrefixBinary: false,
    hasPrefixText: false,
    activateD: false,
    deactivateD: false,
    preLink: false,
    postLink: false,
    preUnlink: false,
  };
  function addPrefix(prefix: 'binary' | 'text'): void {
    if (prefix === 'binary') seen.hasPrefixBinary = true;
    else seen.hasPrefixText = true;
  }
  return {
    add(path, prefix) {
      seen.count += 1;
      if (prefix !== undefined) addPrefix(prefix);
      if (path.startsWith('etc/conda/activate.d')) seen.activateD = true;
      else if (path.startsWith('etc/conda/deactivate.d')) seen.deactivateD = true;
      const script = /\/\..*-(pre-link|post-link|pre-unlink)\./.exec(path)?.[1];
      if (script === 'pre-link') seen.preLink = true;
      else if (script === 'post-link') seen.postLink = true;
      else if (script === 'pre-unlink') seen.preUnlink = true;
    },
    addPrefix,
    summary: () => ({ ...seen }),
  };
}

import { type Platform, simpleSolve } from '@conda-org/rattler';

/** A package as `@conda-org/rattler` chose it. */
export interface JsSolvedPackage {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly url: string;
  readonly sha256: string | undefined;
}

/**
 * Solve with `@conda-org/rattler`. It asks for shards, `.zst`, `.bz2` and plain repodata with this process's `fetch`.
 *
 * @param channels addresses with a slash at the end.
 * @throws what the solver says, also when a channel refuses.
 */
export async function rattlerJsSolve(
  specs: string[],
  channels: string[],
  platforms: Platform[],
): Promise<JsSolvedPackage[]> {
  const packages = await simpleSolve(specs, channels, platforms, []);
  return packages.map((found) => ({
    name: found.packageName,
    version: found.version,
    file: found.filename,
    url: found.url,
    sha256: found.sha256,
  }));
}

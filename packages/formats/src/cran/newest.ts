import { compareRVersions, parseRVersion, type RVersion } from './version.ts';

/**
 * What an index lists and what lies in its archive: of the files of one package, the newest by version and all others,
 * these from the oldest on. Of equal versions the first given is taken for the newest.
 */
export function splitNewest<File extends { readonly version: string }>(
  files: readonly File[],
): { newest: File; others: File[] } | undefined {
  const parsed: { file: File; version: RVersion }[] = files.map((file) => ({
    file,
    version: parseRVersion(file.version),
  }));
  parsed.sort((a, b) => compareRVersions(b.version, a.version));
  const [newest, ...others] = parsed.map(({ file }) => file);
  return newest === undefined ? undefined : { newest, others: others.reverse() };
}

import { excerpt, FormatError } from '../errors.ts';

/** Packages that come with R itself and are never in a repository's index. `R` is a pseudo package of dependency fields. */
export const basePackages: ReadonlySet<string> = new Set([
  'R',
  'base',
  'compiler',
  'datasets',
  'grDevices',
  'graphics',
  'grid',
  'methods',
  'parallel',
  'splines',
  'stats',
  'stats4',
  'tcltk',
  'tools',
  'utils',
]);

/** No name on CRAN is half as long; file names and index rows stay small. */
const longest = 100;

/**
 * Whether a text may be the name of an R package: ASCII letters, digits and dots, two or more, a letter first and no dot
 * last. Names differ in letter case alone only for R; the caller decides what that means to it.
 *
 * @see Writing R Extensions, "The DESCRIPTION file"
 */
export function isRPackageName(text: string): boolean {
  return text.length <= longest && /^[A-Za-z][A-Za-z0-9.]*[A-Za-z0-9]$/.test(text);
}

/**
 * The name of an R package, as given.
 *
 * @throws {FormatError} `cran_package_name`. Never retry.
 */
export function parseRPackageName(text: string): string {
  if (isRPackageName(text)) return text;
  const wanted = 'two or more letters, digits and dots, a letter first and no dot last';
  throw new FormatError('cran_package_name', `${excerpt(text)} is no name of an R package: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

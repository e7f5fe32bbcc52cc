import { excerpt, FormatError } from '../errors.ts';

/**
 * A version of R's world, parsed once for many comparisons. Versions of equal rank may have different texts (`1.0`,
 * `1.0.0`, `1-0`).
 */
export interface RVersion {
  /** As written. */
  readonly text: string;
  /** The numbers between the dots and dashes. */
  readonly parts: readonly number[];
}

const longest = 100;
/** What a double holds exactly. R itself stops at 2^31 and says NA. */
const longestNumber = 15;

/**
 * The version of an R package: two or more whole numbers with `.` or `-` between them.
 *
 * @throws {FormatError} `cran_version`. Never retry.
 * @see Writing R Extensions, "The DESCRIPTION file"; R's `package_version`
 */
export function parseRVersion(text: string): RVersion {
  return read(text, 2, 'two or more numbers with "." or "-" between them, such as 1.2-3');
}

/**
 * A version as requirements and R's own version have it: one number is enough, `R (>= 4)`.
 *
 * @throws {FormatError} `cran_version`. Never retry.
 * @see R's `numeric_version`
 */
export function parseNumericVersion(text: string): RVersion {
  return read(text, 1, 'numbers with "." or "-" between them, such as 4.1');
}

/**
 * Order two versions as R's installers do: number by number, what is missing counts as 0. Negative when `a` is older, 0
 * when they rank the same. Not `utils::compareVersion`, which takes the longer for the newer.
 *
 * @see R's `numeric_version`, `Ops.numeric_version`
 */
export function compareRVersions(a: RVersion, b: RVersion): number {
  const length = Math.max(a.parts.length, b.parts.length);
  for (let at = 0; at < length; at++) {
    const difference = (a.parts[at] ?? 0) - (b.parts[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function read(text: string, least: 1 | 2, wanted: string): RVersion {
  const numbers = text.length <= longest && /^\d+(?:[.-]\d+)*$/.test(text) ? text.split(/[.-]/) : [];
  if (numbers.length < least || numbers.some((number) => number.length > longestNumber)) {
    throw new FormatError('cran_version', `${excerpt(text)} is no version of an R package: wanted ${wanted}.`, {
      wanted,
      found: excerpt(text),
    });
  }
  return { text, parts: numbers.map(Number) };
}

import { excerpt, FormatError } from '../errors.ts';

/** Longer than any project; a bound on what users' texts may cost. */
const longest = 256;

/**
 * Whether a text may be the name of a Python project: ASCII letters, digits, `.`, `_` and `-`, with a letter or digit at both
 * ends, at most 256 characters.
 *
 * @see PyPA "Names and normalization"
 */
export function isProjectName(text: string): boolean {
  return text.length <= longest && /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(text);
}

/**
 * A project's name as all of its spellings are compared: lower case, each run of `-`, `_` and `.` one `-`. Does not check.
 *
 * @see PEP 503, "Normalized Names"
 */
export function normaliseProjectName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

/**
 * Check a project's name and return it normalised.
 *
 * @throws {FormatError} `python_name`. Never retry.
 */
export function parseProjectName(text: string): string {
  if (isProjectName(text)) return normaliseProjectName(text);
  const wanted = 'letters, digits and . _ - with a letter or digit at both ends';
  throw new FormatError('python_name', `${excerpt(text)} is not the name of a Python project: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

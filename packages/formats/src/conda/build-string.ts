import { excerpt, FormatError } from '../errors.ts';

/**
 * Check a build string and return it: letters, digits and `_ . +`, at most 64. Letter case counts.
 *
 * @throws {FormatError} `conda_build_string`. Never retry.
 * @see CEP 26, "Build strings"
 */
export function parseBuildString(text: string): string {
  if (text.length <= 64 && /^[a-zA-Z0-9_.+]+$/.test(text)) return text;
  const wanted = 'letters, digits and _ . +, at most 64 characters';
  throw new FormatError('conda_build_string', `${excerpt(text)} is not a build string: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

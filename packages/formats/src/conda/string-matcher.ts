import { excerpt, FormatError } from '../errors.ts';
import { compileRegex } from './bounded-regex.ts';
import { compileGlob } from './glob.ts';

/** How a text must look: as written (`literal`), like a `glob` with `*`, or like a `regex` written `^…$`. */
export interface StringMatcher {
  readonly kind: 'literal' | 'glob' | 'regex';
  /** The canonical spelling; lower case where letter case does not count, except in a regular expression. */
  readonly text: string;
  readonly test: (value: string) => boolean;
}

/**
 * Compile one expression of a match spec. With `ignoreCase` letter case counts neither in it nor in the tested value.
 *
 * @throws {FormatError} `conda_spec_regex` for `^` without `$` or the other way round, and as `compileRegex` does.
 * @see CEP 29, "String matching"; that letter case counts for builds is conda's way, not the CEP's
 */
export function compileString(expression: string, ignoreCase: boolean): StringMatcher {
  if (expression.startsWith('^') || expression.endsWith('$')) {
    return { kind: 'regex', text: expression, test: compileRegex(wholeRegex(expression), ignoreCase) };
  }
  const text = ignoreCase ? expression.toLowerCase() : expression;
  if (text.includes('*')) {
    const glob = compileGlob(text);
    return { kind: 'glob', text, test: ignoreCase ? (value) => glob(value.toLowerCase()) : glob };
  }
  const test = (value: string) => value === text || (ignoreCase && value.toLowerCase() === text);
  return { kind: 'literal', text, test };
}

/**
 * Check that a regular expression has both its marks, `^` and `$`, and return it.
 *
 * @throws {FormatError} `conda_spec_regex`
 */
export function wholeRegex(expression: string): string {
  if (expression.length > 1 && expression.startsWith('^') && expression.endsWith('$')) return expression;
  const wanted = 'a regular expression that begins with ^ and ends with $';
  throw new FormatError('conda_spec_regex', `Wanted ${wanted}, found ${excerpt(expression)}.`, {
    wanted,
    found: excerpt(expression),
  });
}

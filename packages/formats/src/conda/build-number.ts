import { excerpt, FormatError } from '../errors.ts';
import { compileString } from './string-matcher.ts';

/** A condition on build numbers. `text` is its canonical spelling. */
export interface BuildNumberSpec {
  readonly text: string;
  readonly test: (buildNumber: number) => boolean;
}

const relations: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/**
 * Parse a condition on build numbers: `3`, an operator and a number (`>=1`), or a glob or `^…$` over the digits.
 *
 * @throws {FormatError} `conda_match_spec`, `conda_spec_regex`. Never retry.
 * @see CEP 29, "Syntax": whole numbers are matched as text where no operator stands before them
 */
export function parseBuildNumberSpec(expression: string): BuildNumberSpec {
  const text = expression.replaceAll(' ', '');
  const [, sign, digits] = /^([=<>!]*)(\d{1,15})$/.exec(text) ?? [];
  if (digits !== undefined && sign !== undefined) {
    const wanted = Number(digits);
    if (sign === '') return { text: String(wanted), test: (buildNumber) => buildNumber === wanted };
    const relation = Object.hasOwn(relations, sign) ? relations[sign] : undefined;
    if (relation !== undefined) return { text, test: (buildNumber) => relation(buildNumber, wanted) };
  } else if (/^\^.*\$$|^\d*\*[\d*]*$/.test(text)) {
    const matcher = compileString(text, false);
    return { text, test: (buildNumber) => matcher.test(String(buildNumber)) };
  }
  const wanted = 'a whole number, with one of = == != < <= > >= before it or not';
  throw new FormatError('conda_match_spec', `Wanted ${wanted} for build_number, found ${excerpt(expression)}.`, {
    wanted,
    found: excerpt(expression),
  });
}

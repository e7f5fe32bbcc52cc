import { excerpt, FormatError } from '../errors.ts';

/**
 * Check a label that a file is to bear and return it: a letter, then letters, digits and `_ - . /`, at most 128.
 * `nolabel` is refused: it means that a file bears none. A URL without a label means `main`.
 *
 * @throws {FormatError} `conda_label`. Never retry.
 * @see CEP 26, "Label names"
 */
export function parseLabel(text: string): string {
  if (text.length <= 128 && text !== 'nolabel' && /^[a-zA-Z][0-9a-zA-Z_\-./]*$/.test(text)) return text;
  const wanted = 'a letter, then letters, digits and _ - . /, at most 128 characters, and not "nolabel"';
  throw new FormatError('conda_label', `${excerpt(text)} is not a label: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

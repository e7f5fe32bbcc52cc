import { excerpt, FormatError } from '../errors.ts';

/**
 * Read the name of a package that can be a file, and return it in lower case, which is how it is stored and compared.
 *
 * At most 64 letters, digits and single `. _ -` between them; one leading underscore is allowed. Names that begin with
 * two underscores are virtual packages: they exist in clients only and are refused.
 *
 * @throws {FormatError} `conda_package_name`. Never retry.
 * @see CEP 26, "Package names"
 */
export function parsePackageName(text: string): string {
  const name = text.toLowerCase();
  if (name.length <= 64 && /^([a-z0-9]|[a-z0-9_](?!_))[._-]?([a-z0-9]+(\.|-|_|$))*$/.test(name)) return name;
  const wanted = name.startsWith('__')
    ? 'a name without two leading underscores, which mark virtual packages that only clients have'
    : 'at most 64 letters and digits with single . _ - between them';
  throw new FormatError('conda_package_name', `${excerpt(text)} is not a package name: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

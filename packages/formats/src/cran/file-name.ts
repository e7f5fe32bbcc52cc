import { excerpt, FormatError } from '../errors.ts';
import { isRPackageName } from './package-name.ts';
import { parseRVersion } from './version.ts';

/** The ending of an R package's file: source (or a Linux binary), Windows binary, macOS binary. */
export type RExtension = 'tar.gz' | 'zip' | 'tgz';

/** The parts of an R package's file name, as written there. */
export interface RFileName {
  readonly name: string;
  readonly version: string;
  readonly extension: RExtension;
}

const extensions: readonly RExtension[] = ['tar.gz', 'zip', 'tgz'];

/**
 * Split a package's file name, `<Package>_<Version>.<extension>`.
 *
 * @throws {FormatError} `cran_file_name`, `cran_version`. Never retry.
 * @see R Installation and Administration, "Setting up a package repository"
 */
export function parseRFileName(fileName: string): RFileName {
  const extension = extensions.find((ending) => fileName.endsWith(`.${ending}`));
  const stem = extension === undefined ? '' : fileName.slice(0, -extension.length - 1);
  const dash = stem.indexOf('_');
  const name = stem.slice(0, Math.max(dash, 0));
  if (extension === undefined || !isRPackageName(name)) {
    const wanted = '<Package>_<Version>.tar.gz, .zip or .tgz';
    throw new FormatError('cran_file_name', `${excerpt(fileName)} is no file of an R package: wanted ${wanted}.`, {
      wanted,
      found: excerpt(fileName),
    });
  }
  return { name, version: parseRVersion(stem.slice(dash + 1)).text, extension };
}

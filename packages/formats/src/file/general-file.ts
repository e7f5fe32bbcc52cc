import { reservedChannelNames } from '../conda/channel-name.ts';
import { parseVersion } from '../conda/version.ts';
import { excerpt, FormatError } from '../errors.ts';

/** Where a general file stands: files of one thing are a group, which may have versions. */
export interface GeneralFilePlace {
  group: string;
  version: string | undefined;
  file: string;
}

/** What is known of a general file; nobody looks into it. */
export interface GeneralFile extends GeneralFilePlace {
  /** Bytes. */
  size: number;
  /** Lower-case hex. */
  sha256: string;
  md5: string;
  /** When it came, in milliseconds. */
  uploaded: number;
}

/** What general files may be: packages of other systems, archives, installers, documents of data. @see product.md UP-05 */
const extensions = [
  ...[
    'bz2',
    'conda',
    'deb',
    'egg',
    'exe',
    'gz',
    'ipynb',
    'json',
    'lz',
    'lzma',
    'msi',
    'pkg',
    'rpm',
    'sh',
    'tar',
    'tbz',
  ],
  ...['tgz', 'tlz', 'txz', 'whl', 'xz', 'yaml', 'yml', 'zip'],
];

const groupShape = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const versionShape = /^[A-Za-z0-9][A-Za-z0-9._+!-]{0,63}$/;
const fileShape = /^[A-Za-z0-9_][A-Za-z0-9 ._+!()@~-]{0,199}$/;

/**
 * The key of a general file: `<group>/<file>`, or `<group>/<version>/<file>`.
 *
 * @throws {FormatError} `general_file` for names that cannot stand in an address, and for extensions that are not taken.
 */
export function generalFileKey({ group, version, file }: GeneralFilePlace): string {
  if (!groupShape.test(group)) {
    throw refused('name', group, 'a name of a–z, 0–9, ".", "_" and "-", at most 100 characters');
  }
  // Addresses below a channel that is called files begin so.
  if (reservedChannelNames.has(group) || /\.(json|xml)$/.test(group)) throw refused('name', group, 'another one');
  if (version !== undefined && !isVersion(version)) throw refused('version', version, 'a version such as 2024.10-1');
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase();
  if (!fileShape.test(file) || file.endsWith(' '))
    throw refused('file name', file, 'letters, digits and . _ + - in it');
  if (!extensions.includes(extension) || !file.includes('.')) {
    throw refused('file name', file, `one that ends in ${extensions.join(', ')}`);
  }
  return version === undefined ? `${group}/${file}` : `${group}/${version}/${file}`;
}

/** Read a key back. @throws {FormatError} `general_file`. */
export function parseGeneralFileKey(key: string): GeneralFilePlace {
  const parts = key.split('/');
  const [group = '', second = '', third] = parts;
  const place = { group, version: third === undefined ? undefined : second, file: third ?? second };
  if (parts.length > 3 || generalFileKey(place) !== key) throw refused('key', key, '<name>/[<version>/]<file name>');
  return place;
}

/** One that rules can compare: as conda orders versions, `-` like `_`. */
function isVersion(text: string): boolean {
  if (!versionShape.test(text)) return false;
  try {
    parseVersion(text.replaceAll('-', '_'));
    return true;
  } catch {
    return false;
  }
}

function refused(what: string, found: string, wanted: string): FormatError {
  return new FormatError('general_file', `${excerpt(found)} is no ${what} of a general file: wanted ${wanted}.`, {
    wanted,
    found: excerpt(found),
  });
}

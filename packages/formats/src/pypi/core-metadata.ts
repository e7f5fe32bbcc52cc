import { excerpt, FormatError } from '../errors.ts';
import { type HeaderFields, readHeaderFields } from './header-fields.ts';
import { isProjectName } from './project-name.ts';
import { readPythonVersion } from './version.ts';

/** A link of a project, such as `Source`, and where it leads; neither is checked. */
export interface ProjectUrl {
  readonly label: string;
  readonly url: string;
}

/** What a package says of itself. Texts as written; what old tools write for nothing (`UNKNOWN`) is left out. */
export interface CoreMetadata {
  readonly metadataVersion: string;
  /** As written. */
  readonly name: string;
  /** As written. */
  readonly version: string;
  readonly summary?: string;
  readonly description?: string;
  readonly descriptionContentType?: string;
  readonly keywords: readonly string[];
  readonly author?: string;
  readonly authorEmail?: string;
  readonly maintainer?: string;
  readonly maintainerEmail?: string;
  readonly homePage?: string;
  readonly downloadUrl?: string;
  readonly projectUrls: readonly ProjectUrl[];
  readonly license?: string;
  readonly licenseExpression?: string;
  readonly licenseFiles: readonly string[];
  readonly classifiers: readonly string[];
  readonly platforms: readonly string[];
  readonly requiresPython?: string;
  readonly requiresDist: readonly string[];
  readonly requiresExternal: readonly string[];
  readonly providesExtra: readonly string[];
  /** Fields of a source distribution that its wheels may fill otherwise, in lower case. */
  readonly dynamic: readonly string[];
}

/** Real ones stay under a few hundred kilobytes, nearly all of it description. */
const mostCharacters = 16 * 2 ** 20;

/** Headers that a reader of the first and one of the last of them would take for two packages. */
const onlyOnce = ['metadata-version', 'name', 'version'] as const;

/**
 * Read `METADATA` or `PKG-INFO`. Text that is not UTF-8, as old tools wrote it, is read as Latin-1. Fields nobody knows are
 * passed over; of a field given twice that may be there once the first counts.
 *
 * @throws {FormatError} `python_metadata`: too large; no `Metadata-Version`, `Name` or `Version`, two of them, or such that say
 * nothing; of a version of the format that is not 1.x or 2.x.
 * @see PyPA "Core metadata specifications" (PEP 241, 314, 345, 566, 643, 639)
 */
export function parseCoreMetadata(document: Uint8Array | string): CoreMetadata {
  if (document.length > mostCharacters) throw invalid(`at most ${mostCharacters} bytes`, String(document.length));
  const fields = readHeaderFields(document);
  const [metadataVersion, name, version] = onlyOnce.map((field) => required(fields, field)) as [string, string, string];
  if (!/^[12]\.\d+$/.test(metadataVersion)) throw invalid('Metadata-Version 1.x or 2.x', excerpt(metadataVersion));
  if (!isProjectName(name)) throw invalid('the name of a project behind Name:', excerpt(name));
  if (readPythonVersion(version) === undefined) throw invalid('a version of PEP 440 behind Version:', excerpt(version));
  return {
    metadataVersion,
    name,
    version,
    ...texts(fields),
    keywords: keywordsOf(fields),
    projectUrls: fields.all('project-url').map(readProjectUrl),
    licenseFiles: fields.all('license-file'),
    classifiers: fields.all('classifier'),
    platforms: fields.all('platform'),
    requiresDist: fields.all('requires-dist'),
    requiresExternal: fields.all('requires-external'),
    providesExtra: fields.all('provides-extra'),
    dynamic: fields.all('dynamic').map((field) => field.toLowerCase()),
  };
}

/** `Label, https://…`; without a comma all of it is the address. */
function readProjectUrl(text: string): ProjectUrl {
  const comma = text.indexOf(',');
  return { label: text.slice(0, Math.max(comma, 0)).trim(), url: text.slice(comma + 1).trim() };
}

type TextField =
  | 'summary'
  | 'description'
  | 'descriptionContentType'
  | 'author'
  | 'authorEmail'
  | 'maintainer'
  | 'maintainerEmail'
  | 'homePage'
  | 'downloadUrl'
  | 'license'
  | 'licenseExpression'
  | 'requiresPython';

const textFields: Record<TextField, string> = {
  summary: 'summary',
  description: 'description',
  descriptionContentType: 'description-content-type',
  author: 'author',
  authorEmail: 'author-email',
  maintainer: 'maintainer',
  maintainerEmail: 'maintainer-email',
  homePage: 'home-page',
  downloadUrl: 'download-url',
  license: 'license',
  licenseExpression: 'license-expression',
  requiresPython: 'requires-python',
};

function texts(fields: HeaderFields): Partial<Record<TextField, string>> {
  const found: Partial<Record<TextField, string>> = {};
  for (const [key, field] of Object.entries(textFields) as [TextField, string][]) {
    const text = fields.first(field) ?? (key === 'description' ? fields.body : undefined);
    if (text !== undefined && text.trim() !== '' && text.trim() !== 'UNKNOWN') found[key] = text;
  }
  return found;
}

function keywordsOf(fields: HeaderFields): string[] {
  const text = fields.first('keywords') ?? '';
  const words = text.includes(',') ? text.split(',') : text.split(/\s+/);
  return words.map((word) => word.trim()).filter((word) => word !== '' && word !== 'UNKNOWN');
}

function required(fields: HeaderFields, field: (typeof onlyOnce)[number]): string {
  const values = fields.all(field);
  if (values.length === 1) return values[0]!;
  throw invalid(`one ${field}`, values.length === 0 ? 'none' : 'two or more');
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError(
    'python_metadata',
    `The package's metadata cannot be used: wanted ${wanted}. Build it again.`,
    {
      wanted,
      found,
    },
  );
}

import { excerpt, FormatError } from '../errors.ts';
import { isProjectName, normaliseProjectName } from './project-name.ts';
import { type PythonVersion, readPythonVersion } from './version.ts';

/** One combination of interpreter, ABI and platform a wheel is for. */
export interface WheelTag {
  readonly python: string;
  readonly abi: string;
  readonly platform: string;
}

/** What the file name of a wheel says. */
export interface WheelFileName {
  readonly kind: 'wheel';
  /** Normalised. */
  readonly name: string;
  /** As written in the file name. */
  readonly writtenName: string;
  readonly version: PythonVersion;
  /** The version as written in the file name. */
  readonly writtenVersion: string;
  /** Breaks ties between wheels of one version and one tag: first by the number, then by the text. */
  readonly build: { readonly number: number; readonly suffix: string } | undefined;
  /** The last three parts of the name as written, such as `py2.py3-none-any`. */
  readonly tagText: string;
  /** Every combination of those, each once, sorted. */
  readonly tags: readonly WheelTag[];
}

/** What the file name of a source distribution says. */
export interface SdistFileName {
  readonly kind: 'sdist';
  readonly name: string;
  readonly writtenName: string;
  readonly version: PythonVersion;
  readonly writtenVersion: string;
  readonly extension: 'tar.gz' | 'zip';
}

export type PythonFileName = WheelFileName | SdistFileName;

/** Longer names no file system takes. */
const longest = 255;
/** Combinations in one wheel's name. The most of a real one is some 30; names of 255 characters could spell thousands. */
const mostTags = 512;

/**
 * Read the name of a wheel or a source distribution; undefined for what is neither, as the eggs, installers and
 * `.tar.bz2` files that old projects have, and for those whose version is not of PEP 440.
 *
 * @param project the normalised name of the project the file belongs to, where it is known. The name in the file must be
 * the same, and `foo-1.0-beta1.tar.gz` is then read right: where name and version meet cannot be told from it alone.
 * @see PyPA "Binary distribution format", "Source distribution format" (PEP 427, PEP 625)
 */
export function readPythonFileName(fileName: string, project?: string): PythonFileName | undefined {
  if (fileName.length > longest) return undefined;
  const file = fileName.endsWith('.whl') ? rememberedWheel(fileName) : readSdist(fileName, project);
  return file === undefined || project === undefined || file.name === project ? file : undefined;
}

/** A page of thousands of wheels is read, judged and written in turn, and each time asks for all of them. */
const mostRemembered = 20_000;
const wheels = new Map<string, WheelFileName | undefined>();

function rememberedWheel(fileName: string): WheelFileName | undefined {
  if (wheels.has(fileName)) return wheels.get(fileName);
  if (wheels.size >= mostRemembered) wheels.clear();
  const file = readWheel(fileName);
  wheels.set(fileName, file);
  return file;
}

/**
 * Read the name of a wheel or a source distribution that has to be one.
 *
 * @throws {FormatError} `python_file_name`. Never retry.
 */
export function parsePythonFileName(fileName: string, project?: string): PythonFileName {
  const file = readPythonFileName(fileName, project);
  if (file !== undefined) return file;
  const wanted = `<name>-<version>-<python>-<abi>-<platform>.whl or <name>-<version>.tar.gz${project === undefined ? '' : ` of ${project}`}`;
  throw new FormatError(
    'python_file_name',
    `${excerpt(fileName)} is not a Python package's file name: wanted ${wanted}.`,
    {
      wanted,
      found: excerpt(fileName),
    },
  );
}

/** The tag as tools print it, `cp312-abi3-win_amd64`. */
export function printWheelTag({ python, abi, platform }: WheelTag): string {
  return `${python}-${abi}-${platform}`;
}

function readWheel(fileName: string): WheelFileName | undefined {
  const parts = fileName.slice(0, -4).split('-');
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [writtenName, writtenVersion] = parts as [string, string];
  if (writtenName.includes('__') || !isProjectName(writtenName)) return undefined;
  const version = readPythonVersion(writtenVersion);
  if (version === undefined || writtenVersion.trim() !== writtenVersion) return undefined;
  const build = parts.length === 6 ? /^(\d{1,15})(\w*)$/.exec(parts[2]!) : undefined;
  if (build === null) return undefined;
  const tagParts = parts.slice(-3);
  if (!tagParts.every((part) => /^\w+(?:\.\w+)*$/.test(part))) return undefined;
  if (tagParts.reduce((count, part) => count * part.split('.').length, 1) > mostTags) return undefined;
  return {
    kind: 'wheel',
    name: normaliseProjectName(writtenName),
    writtenName,
    version,
    writtenVersion,
    build: build && { number: Number(build[1]), suffix: build[2]! },
    tagText: tagParts.join('-'),
    // Made when it is asked for: names of thousands of files are read for their versions only.
    get tags() {
      return expandTags(tagParts);
    },
  };
}

function expandTags(parts: readonly string[]): WheelTag[] {
  const [pythons, abis, platforms] = parts.map(wordsOf) as [string[], string[], string[]];
  return pythons.flatMap((python) => abis.flatMap((abi) => platforms.map((platform) => ({ python, abi, platform }))));
}

/** The words of a compressed tag, sorted, each once. */
function wordsOf(part: string): string[] {
  const folded = part.toLowerCase();
  return folded.includes('.') ? [...new Set(folded.split('.'))].sort() : [folded];
}

function readSdist(fileName: string, project: string | undefined): SdistFileName | undefined {
  const extension = (['tar.gz', 'zip'] as const).find((ending) => fileName.endsWith(`.${ending}`));
  if (extension === undefined) return undefined;
  const stem = fileName.slice(0, -extension.length - 1);
  const dash = project === undefined ? stem.lastIndexOf('-') : dashBehind(stem, project);
  const writtenName = stem.slice(0, Math.max(dash, 0));
  const writtenVersion = stem.slice(dash + 1);
  if (!isProjectName(writtenName) || writtenVersion.trim() !== writtenVersion) return undefined;
  const version = readPythonVersion(writtenVersion);
  const name = normaliseProjectName(writtenName);
  return version && { kind: 'sdist', name, writtenName, version, writtenVersion, extension };
}

/** Where the dash behind the project's name is, -1 for none. */
function dashBehind(stem: string, project: string): number {
  for (let dash = stem.indexOf('-'); dash !== -1; dash = stem.indexOf('-', dash + 1)) {
    if (normaliseProjectName(stem.slice(0, dash)) === project) return dash;
  }
  return -1;
}

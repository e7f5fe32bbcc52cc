import { excerpt, FormatError } from '../errors.ts';
import type { PythonFileName, WheelTag } from './file-name.ts';
import { type PythonSpecifier, specifierAllows } from './specifier.ts';
import { parsePythonVersion } from './version.ts';

/** A minor version of Python: 3.12. */
export interface PythonMinor {
  readonly major: number;
  readonly minor: number;
}

/** Beyond any patch release: stands for those to come. */
const LATEST_PATCH = 999;

/**
 * Read a minor version of Python such as `3.12`; a patch number behind it is of no meaning here.
 *
 * @throws {FormatError} `python_version`. Never retry.
 */
export function parsePythonMinor(text: string): PythonMinor {
  const match = /^(\d{1,2})\.(\d{1,3})(?:\.\d{1,4})?$/.exec(text.trim());
  if (match !== null) return { major: Number(match[1]), minor: Number(match[2]) };
  throw new FormatError('python_version', `${excerpt(text)} is not a minor version of Python such as 3.12.`, {
    wanted: '<major>.<minor>',
    found: excerpt(text),
  });
}

/**
 * Whether some patch release of that Python, of any implementation and on any platform, can use a file.
 *
 * @param requiresPython undefined where there is none, or none that can be read: installers then use the file.
 */
export function fileSuitsPython(
  file: PythonFileName,
  requiresPython: PythonSpecifier | undefined,
  python: PythonMinor,
): boolean {
  if (file.kind === 'wheel' && !file.tags.some((tag) => tagSuitsPython(tag, python))) return false;
  return requiresPython === undefined || specifierMeetsPython(requiresPython, python);
}

/**
 * Whether wheels of this tag are taken by that Python: `py3` and `py312` by it and all later ones, `cp312` and `pp310` by that
 * very one, `cp312-abi3` by it and all later ones.
 *
 * @see PyPA "Platform compatibility tags"
 */
export function tagSuitsPython(
  { python, abi }: Pick<WheelTag, 'python' | 'abi'>,
  { major, minor }: PythonMinor,
): boolean {
  const match = /^([a-z]+)_?(\d)(\d*)$/.exec(python);
  if (match === null || Number(match[2]) !== major) return false;
  const [, interpreter, , digits] = match;
  const least = digits === '' ? 0 : Number(digits);
  if (interpreter === 'py') return minor >= least;
  if (interpreter === 'cp' && /^abi\dt?$/.test(abi)) return minor >= least;
  return digits !== '' && minor === least;
}

/** Whether a specifier allows some patch release of that Python. */
export function specifierMeetsPython(specifier: PythonSpecifier, { major, minor }: PythonMinor): boolean {
  const patches = new Set([0, LATEST_PATCH]);
  // Between two versions that a specifier names it says the same of all: those and their neighbours are enough.
  for (const { version } of specifier.clauses) {
    const patch = version?.release[2];
    if (typeof patch !== 'number') continue;
    for (const near of [patch - 1, patch, patch + 1]) if (near >= 0) patches.add(near);
  }
  return [...patches].some((patch) => specifierAllows(specifier, parsePythonVersion(`${major}.${minor}.${patch}`)));
}

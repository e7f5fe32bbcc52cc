import { excerpt, FormatError } from '../errors.ts';

/** A number of a version. Dates and times down to microseconds exceed what a double holds. */
export type VersionNumber = number | bigint;

/** A version of PEP 440, with every part that its order needs. */
export interface PythonVersion {
  /** Normalised: equal texts are equal versions, but `1` and `1.0` are equal versions of two texts. */
  readonly text: string;
  readonly epoch: VersionNumber;
  readonly release: readonly VersionNumber[];
  readonly pre: { readonly letter: 'a' | 'b' | 'rc'; readonly number: VersionNumber } | undefined;
  readonly post: VersionNumber | undefined;
  readonly dev: VersionNumber | undefined;
  /** The parts of the local label, numbers as numbers; none where there is no label. */
  readonly local: readonly (VersionNumber | string)[];
}

/** Longer than any version anybody published; a bound on what users' texts may cost. */
const longest = 256;

const plain = /^\d+(?:\.\d+)*$/;
const pattern =
  /^\s*v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*$/i;

const preLetters: Record<string, 'a' | 'b' | 'rc'> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
  rc: 'rc',
};

/**
 * Read a version in any of the spellings PEP 440 allows, or undefined where it is none, as many old files on public indexes.
 * Costs under a microsecond; who reads the same texts again and again remembers what was parsed.
 *
 * @see PEP 440, "Appendix B: Parsing version strings with regular expressions"
 */
export function readPythonVersion(text: string): PythonVersion | undefined {
  if (text.length > longest) return undefined;
  if (plain.test(text)) return made(0, text.split('.').map(toNumber), undefined, undefined, undefined, []);
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, epoch, release, letter, preNumber, dash, postWord, postNumber, devWord, devNumber, label] = match;
  const post = postWord === undefined ? dash : postNumber;
  return made(
    toNumber(epoch ?? ''),
    release!.split('.').map(toNumber),
    letter === undefined ? undefined : { letter: preLetters[letter.toLowerCase()]!, number: toNumber(preNumber ?? '') },
    post === undefined ? undefined : toNumber(post),
    devWord === undefined ? undefined : toNumber(devNumber ?? ''),
    label === undefined ? [] : label.toLowerCase().split(/[-_.]/).map(localPart),
  );
}

/**
 * Read a version that has to be one.
 *
 * @throws {FormatError} `python_version`. Never retry.
 */
export function parsePythonVersion(text: string): PythonVersion {
  const version = readPythonVersion(text);
  if (version !== undefined) return version;
  const wanted = 'numbers with dots between them, then a1, b1, rc1, .post1, .dev1 or +local, as in PEP 440';
  throw new FormatError('python_version', `${excerpt(text)} is not a Python version: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

/**
 * The order of PEP 440: less than 0, 0 or more than 0. Trailing zeros of the release count for nothing.
 *
 * @see PEP 440, "Summary of permitted suffixes and relative ordering"
 */
export function comparePythonVersions(one: PythonVersion, other: PythonVersion): number {
  return comparePublic(one, other) || compareLocal(one.local, other.local);
}

/** As {@link comparePythonVersions}, but without looking at local labels. */
export function comparePublic(one: PythonVersion, other: PythonVersion): number {
  return (
    compareNumbers(one.epoch, other.epoch) ||
    compareReleases(one.release, other.release) ||
    compareNumbers(preRank(one), preRank(other)) ||
    compareNumbers(one.pre?.number ?? 0, other.pre?.number ?? 0) ||
    compareNumbers(one.post ?? -1, other.post ?? -1) ||
    compareNumbers(one.dev ?? Number.POSITIVE_INFINITY, other.dev ?? Number.POSITIVE_INFINITY)
  );
}

/** Whether epoch and release are the same: the `1.0` of `1.0rc1.dev2` and of `1.0.0.post1`. */
export function sameBase(one: PythonVersion, other: PythonVersion): boolean {
  return compareNumbers(one.epoch, other.epoch) === 0 && compareReleases(one.release, other.release) === 0;
}

/** Whether installers leave it out unless asked: alpha, beta, candidate or development. */
export function isPrerelease(version: PythonVersion): boolean {
  return version.pre !== undefined || version.dev !== undefined;
}

function made(
  epoch: VersionNumber,
  release: VersionNumber[],
  pre: PythonVersion['pre'],
  post: VersionNumber | undefined,
  dev: VersionNumber | undefined,
  local: (VersionNumber | string)[],
): PythonVersion {
  let text = epoch === 0 ? release.join('.') : `${epoch}!${release.join('.')}`;
  if (pre !== undefined) text += `${pre.letter}${pre.number}`;
  if (post !== undefined) text += `.post${post}`;
  if (dev !== undefined) text += `.dev${dev}`;
  if (local.length > 0) text += `+${local.join('.')}`;
  return { text, epoch, release, pre, post, dev, local };
}

/** Numbers beyond 2^53 as bigint, all others as number, so that equal ones are `===`. No digits at all mean 0. */
function toNumber(digits: string): VersionNumber {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

function localPart(part: string): VersionNumber | string {
  return /^\d+$/.test(part) ? toNumber(part) : part;
}

/** Development releases of a final one come first, then a, b, rc, then the final one and what follows it. */
function preRank({ pre, post, dev }: PythonVersion): number {
  if (pre !== undefined) return pre.letter === 'a' ? 1 : pre.letter === 'b' ? 2 : 3;
  return dev !== undefined && post === undefined ? 0 : 4;
}

function compareReleases(one: readonly VersionNumber[], other: readonly VersionNumber[]): number {
  const length = Math.max(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const order = compareNumbers(one[i] ?? 0, other[i] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

/** No label before any, words before numbers, the shorter first. */
function compareLocal(one: PythonVersion['local'], other: PythonVersion['local']): number {
  const length = Math.min(one.length, other.length);
  for (let i = 0; i < length; i++) {
    const [a, b] = [one[i]!, other[i]!];
    if (a === b) continue;
    if (typeof a === 'string' || typeof b === 'string') {
      if (typeof a !== typeof b && !(typeof a === 'string' && typeof b === 'string'))
        return typeof a === 'string' ? -1 : 1;
      return a < b ? -1 : 1;
    }
    return compareNumbers(a, b);
  }
  return one.length - other.length;
}

function compareNumbers(one: VersionNumber, other: VersionNumber): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

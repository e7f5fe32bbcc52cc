import { excerpt, FormatError } from '../errors.ts';

/** A run of digits (a `bigint` above 15 digits), a run of letters, or one of the two special words below. */
type Token = number | bigint | string;

/**
 * A conda version, parsed once for many comparisons. Versions of equal rank may have different texts (`1.0`, `1.0.0`).
 *
 * @see CEP 33
 */
export interface CondaVersion {
  /** As written, without surrounding blanks. */
  readonly text: string;
  /** The epoch and then the main version, each segment split into tokens. */
  readonly segments: readonly (readonly Token[])[];
  /** What follows `+`, in the same shape; empty when there is none. */
  readonly local: readonly (readonly Token[])[];
}

// Upper case sorts `dev` after `*` and before `_` and every other word, since all other words are lower case.
const dev = 'DEV';
const post = Number.POSITIVE_INFINITY;
const empty: readonly Token[] = [];

/**
 * Parse a version as conda's solver does. Blanks around it are dropped, letter case does not count, `-` stands for `_`
 * where no `_` is used. Digits have no limit, as in conda; CEP 26's length of 64 is for file names, not checked here.
 *
 * @throws {FormatError} `conda_version`. Never retry.
 * @see CEP 33
 */
export function parseVersion(text: string): CondaVersion {
  const written = text.trim();
  const normal = foldDashes(written.toLowerCase());
  if (normal === '') throw invalid(text, 'a version such as 1.2.3');
  const stray = firstStray(normal);
  if (stray !== undefined) throw invalid(text, 'only letters, digits and . _ + ! *', stray);

  const bang = normal.indexOf('!');
  const epoch = bang < 0 ? '0' : normal.slice(0, bang);
  if (!isDigits(epoch)) throw invalid(text, 'an epoch of digits before the "!"', epoch);
  const rest = normal.slice(bang + 1);
  if (rest.includes('!')) throw invalid(text, 'at most one "!"');

  const plus = rest.indexOf('+');
  const main = plus < 0 ? rest : rest.slice(0, plus);
  const local = plus < 0 ? undefined : rest.slice(plus + 1);
  if (main === '') throw invalid(text, 'a version around the "!" or "+"');
  if (local?.includes('+')) throw invalid(text, 'at most one "+"');

  return {
    text: written,
    segments: [[toInteger(epoch)], ...splitMain(main).map((segment) => tokens(segment, text))],
    local: local === undefined ? [] : splitPlain(local).map((segment) => tokens(segment, text)),
  };
}

/**
 * Order two versions: negative when `a` is older, 0 when they rank the same, positive when `a` is newer. A total order.
 *
 * @see CEP 33
 */
export function compareVersions(a: CondaVersion, b: CondaVersion): number {
  return compareSegments(a.segments, b.segments) || compareSegments(a.local, b.local);
}

/**
 * Whether `version` lies under `prefix`: every segment of the prefix but the last is equal, and the last one's last
 * token is equal or, between words, a beginning (`2013ab` under `2013a`, but `1.10` not under `1.1`).
 *
 * @see CEP 29, "Version matching", fuzzy equality
 */
export function versionStartsWith(version: CondaVersion, prefix: CondaVersion): boolean {
  let ours = version.segments;
  let theirs = prefix.segments;
  if (prefix.local.length > 0) {
    if (compareSegments(ours, theirs) !== 0) return false;
    ours = version.local;
    theirs = prefix.local;
  }
  const last = theirs.length - 1;
  for (let i = 0; i < last; i++) {
    if (compareTokens(ours[i] ?? empty, theirs[i]!) !== 0) return false;
  }
  const segment = ours[last] ?? empty;
  const wanted = theirs[last]!;
  const end = wanted.length - 1;
  for (let j = 0; j < end; j++) {
    if ((segment[j] ?? 0) !== wanted[j]) return false;
  }
  const token = segment[end] ?? 0;
  const beginning = wanted[end]!;
  if (typeof beginning === 'string') return typeof token === 'string' && token.startsWith(beginning);
  return token === beginning;
}

function compareSegments(a: readonly (readonly Token[])[], b: readonly (readonly Token[])[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareTokens(a[i] ?? empty, b[i] ?? empty);
    if (order !== 0) return order;
  }
  return 0;
}

function compareTokens(a: readonly Token[], b: readonly Token[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x === y) continue;
    const xIsWord = typeof x === 'string';
    if (xIsWord !== (typeof y === 'string')) return xIsWord ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function foldDashes(version: string): string {
  return version.includes('-') && !version.includes('_') ? version.replaceAll('-', '_') : version;
}

// A final underscore belongs to the word before it, which is how openssl's 1.0.1_ comes before its 1.0.1a.
function splitMain(main: string): string[] {
  if (!main.endsWith('_')) return splitPlain(main);
  const parts = splitPlain(main.slice(0, -1));
  parts.push(`${parts.pop()}_`);
  return parts;
}

function splitPlain(part: string): string[] {
  return part.replaceAll('_', '.').split('.');
}

function tokens(segment: string, version: string): Token[] {
  if (segment === '') throw invalid(version, 'letters or digits between the separators');
  // A segment that starts with a word gets a 0, so that numbers meet numbers and words meet words.
  const found: Token[] = kind(segment.charCodeAt(0)) === 'digits' ? [] : [0];
  let start = 0;
  for (let i = 1; i <= segment.length; i++) {
    if (i < segment.length && kind(segment.charCodeAt(i)) === kind(segment.charCodeAt(start))) continue;
    found.push(toToken(segment.slice(start, i)));
    start = i;
  }
  return found;
}

function toToken(run: string): Token {
  if (isDigits(run)) return toInteger(run);
  if (run === 'post') return post;
  return run === 'dev' ? dev : run;
}

// 15 digits always fit a double exactly; a bigint of more digits never equals such a number, so === stays right.
function toInteger(digits: string): number | bigint {
  if (digits.length <= 15) return Number(digits);
  const significant = digits.replace(/^0+(?=.)/, '');
  return significant.length <= 15 ? Number(significant) : BigInt(significant);
}

function kind(code: number): 'digits' | 'stars' | 'word' {
  if (code >= 48 && code <= 57) return 'digits';
  return code === 42 ? 'stars' : 'word';
}

function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (kind(text.charCodeAt(i)) !== 'digits') return false;
  }
  return text !== '';
}

function firstStray(version: string): string | undefined {
  for (let i = 0; i < version.length; i++) {
    const code = version.charCodeAt(i);
    const letter = code >= 97 && code <= 122;
    if (!letter && kind(code) === 'word' && !'._+!'.includes(version[i]!)) return version[i];
  }
  return undefined;
}

function invalid(text: string, wanted: string, found = text): FormatError {
  return new FormatError('conda_version', `${excerpt(text)} is not a conda version: wanted ${wanted}.`, {
    wanted,
    found: excerpt(found),
  });
}

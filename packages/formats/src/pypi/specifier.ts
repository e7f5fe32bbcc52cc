import { excerpt, FormatError } from '../errors.ts';
import {
  comparePublic,
  comparePythonVersions,
  isPrerelease,
  type PythonVersion,
  readPythonVersion,
  sameBase,
} from './version.ts';

/** The operators of PEP 440. */
export type SpecifierOperator = '~=' | '==' | '!=' | '<=' | '>=' | '<' | '>' | '===';

/** One comparison, such as `>=1.26` or `==2.8.*`. */
export interface SpecifierClause {
  readonly operator: SpecifierOperator;
  /** What follows the operator, as written. */
  readonly operand: string;
  /** Undefined for `===`, which compares texts. */
  readonly version: PythonVersion | undefined;
  /** The operand ends in `.*`, which `version` does not have. */
  readonly wildcard: boolean;
}

/** Comparisons that must all hold; none at all admit every version. */
export interface PythonSpecifier {
  readonly clauses: readonly SpecifierClause[];
}

/** Longer than any specifier of a real package. */
const longest = 2048;

const clausePattern = /^(~=|===|==|!=|<=|>=|<|>)\s*(\S+)$/;

/**
 * Read a version specifier: comparisons with commas between them, blanks anywhere around.
 *
 * @throws {FormatError} `python_specifier`. Never retry.
 * @see PEP 440, "Version specifiers"
 */
export function parseSpecifier(text: string): PythonSpecifier {
  if (text.length > longest) throw invalid(text, `at most ${longest} characters`);
  const clauses = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseClause(part, text));
  return { clauses };
}

/** As {@link parseSpecifier}; undefined for what is none, as the `Requires-Python: >=3.6.*` of old files, which installers pass over. */
export function readSpecifier(text: string): PythonSpecifier | undefined {
  try {
    return parseSpecifier(text);
  } catch {
    return undefined;
  }
}

/** The specifier as pip prints it: comparisons as written, sorted, each once. */
export function printSpecifier({ clauses }: PythonSpecifier): string {
  return [...new Set(clauses.map(({ operator, operand }) => operator + operand))].sort().join(',');
}

/**
 * Whether a version meets every comparison. Pre-releases are versions like all others here: filters and policies mean what
 * they say. Installers also leave out pre-releases nobody asked for, see {@link installable}.
 *
 * @param version one that is not of PEP 440 comes as its text; it meets `===` only.
 */
export function specifierAllows({ clauses }: PythonSpecifier, version: PythonVersion | string): boolean {
  return clauses.every((clause) => clauseAllows(clause, version));
}

/** Whether a specifier asks for pre-releases by naming one, as `>=2.0b1` does. */
export function namesPrerelease({ clauses }: PythonSpecifier): boolean {
  return clauses.some(({ operator, operand, version }) => {
    const named = version ?? readPythonVersion(operand);
    return operator !== '!=' && named !== undefined && isPrerelease(named);
  });
}

/**
 * The versions an installer considers, in the order given: those the specifier allows, without pre-releases unless it names
 * one or nothing else is left.
 *
 * @see PEP 440, "Handling of pre-releases"
 */
export function installable<T extends PythonVersion>(specifier: PythonSpecifier, versions: readonly T[]): T[] {
  const allowed = versions.filter((version) => specifierAllows(specifier, version));
  if (namesPrerelease(specifier)) return allowed;
  const final = allowed.filter((version) => !isPrerelease(version));
  return final.length > 0 ? final : allowed;
}

function parseClause(part: string, whole: string): SpecifierClause {
  const match = clausePattern.exec(part);
  if (match === null) throw invalid(whole, 'an operator such as >= and a version in each part');
  const operator = match[1] as SpecifierOperator;
  const operand = match[2]!;
  if (operator === '===') return { operator, operand, version: undefined, wildcard: false };
  const wildcard = operand.endsWith('.*');
  const version = readPythonVersion(wildcard ? operand.slice(0, -2) : operand);
  if (version === undefined) throw invalid(whole, `a version of PEP 440 behind ${operator}`);
  if (wildcard && operator !== '==' && operator !== '!=') throw invalid(whole, `".*" behind == and != only`);
  if (wildcard && (isPrerelease(version) || version.post !== undefined || version.local.length > 0)) {
    throw invalid(whole, 'numbers only before ".*"');
  }
  if (operator === '~=' && version.release.length < 2)
    throw invalid(whole, '~= with two numbers or more, such as ~=1.0');
  if (version.local.length > 0 && operator !== '==' && operator !== '!=') {
    throw invalid(whole, 'a local version ("+…") behind ==, != and === only');
  }
  return { operator, operand, version, wildcard };
}

function clauseAllows(clause: SpecifierClause, found: PythonVersion | string): boolean {
  const { operator, operand, version: wanted } = clause;
  if (wanted === undefined) return textOf(found).toLowerCase() === operand.toLowerCase();
  if (typeof found === 'string') return false;
  switch (operator) {
    case '==':
      return equals(clause, wanted, found);
    case '!=':
      return !equals(clause, wanted, found);
    case '<=':
      return comparePublic(found, wanted) <= 0;
    case '>=':
      return comparePublic(found, wanted) >= 0;
    case '~=':
      return comparePublic(found, wanted) >= 0 && startsWith(found, wanted, wanted.release.length - 1);
    case '<':
      return (
        comparePythonVersions(found, wanted) < 0 &&
        (isPrerelease(wanted) || !isPrerelease(found) || !sameBase(found, wanted))
      );
    default:
      return (
        comparePythonVersions(found, wanted) > 0 &&
        (wanted.post !== undefined || found.post === undefined || !sameBase(found, wanted)) &&
        (found.local.length === 0 || !sameBase(found, wanted))
      );
  }
}

function equals({ wildcard }: SpecifierClause, wanted: PythonVersion, found: PythonVersion): boolean {
  if (wildcard) return startsWith(found, wanted, wanted.release.length);
  return wanted.local.length === 0 ? comparePublic(found, wanted) === 0 : comparePythonVersions(found, wanted) === 0;
}

/** Whether epoch and the first `count` numbers are those of `wanted`; numbers that are not there are 0. */
function startsWith(found: PythonVersion, wanted: PythonVersion, count: number): boolean {
  if (found.epoch !== wanted.epoch) return false;
  for (let i = 0; i < count; i++) if ((found.release[i] ?? 0) !== wanted.release[i]) return false;
  return true;
}

function textOf(version: PythonVersion | string): string {
  return typeof version === 'string' ? version : version.text;
}

function invalid(text: string, wanted: string): FormatError {
  return new FormatError('python_specifier', `${excerpt(text)} is not a Python version specifier: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

import { excerpt, FormatError } from '../errors.ts';
import { compileRegex } from './bounded-regex.ts';
import { compileGlob } from './glob.ts';
import { wholeRegex } from './string-matcher.ts';
import { parseVersion } from './version.ts';
import type { VersionOperator, VersionSpec } from './version-spec.ts';

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

/** Far above what any package asks for; it keeps the recursion off the end of the stack. */
const deepest = 32;

/**
 * Parse a condition on versions: clauses joined by `,` (and) and `|` (or, which binds weaker), with parentheses.
 *
 * A clause is an operator with a version (`== != < <= > >= = ~=`), a version (exactly that), a version with a final star
 * (everything under it), a glob with an inner star, `^…$`, or `*`. A final `.*` after an operator is tolerated where it
 * has a meaning. Stricter than conda, which reads `==1.*.2` and `(1)(2)` but then matches something else.
 *
 * @throws {FormatError} `conda_version_spec`, `conda_version`, `conda_spec_regex`. Never retry.
 * @see CEP 29, "Version matching"
 */
export function parseVersionSpec(text: string): VersionSpec {
  const reader: Reader = { text, at: 0, depth: 0 };
  const spec = readOr(reader);
  if (reader.at < text.length) throw invalid(reader, 'a "," or "|", or the end');
  return spec;
}

function readOr(reader: Reader): VersionSpec {
  return readJoined(reader, '|', 'or', readAnd);
}

function readAnd(reader: Reader): VersionSpec {
  return readJoined(reader, ',', 'and', readOperand);
}

function readJoined(
  reader: Reader,
  sign: '|' | ',',
  kind: 'or' | 'and',
  readPart: (reader: Reader) => VersionSpec,
): VersionSpec {
  const parts: VersionSpec[] = [];
  do {
    const part = readPart(reader);
    if (part.kind === kind) parts.push(...part.parts);
    else parts.push(part);
  } while (take(reader, sign));
  if (parts.length === 1) return parts[0]!;
  const texts = parts.map((part) => (kind === 'and' && part.kind === 'or' ? `(${part.text})` : part.text));
  return { kind, text: texts.join(sign), parts };
}

function readOperand(reader: Reader): VersionSpec {
  if (!take(reader, '(')) return readClause(reader);
  if (++reader.depth > deepest) throw invalid(reader, `at most ${deepest} parentheses inside each other`);
  const inner = readOr(reader);
  if (!take(reader, ')')) throw invalid(reader, 'a closing ")"');
  reader.depth--;
  return inner;
}

function readClause(reader: Reader): VersionSpec {
  skipBlanks(reader);
  const start = reader.at;
  const regexEnd = reader.text[start] === '^' ? reader.text.indexOf('$', start) : -1;
  // Inside a regular expression the joining signs are its own, up to the first "$".
  while (reader.at <= regexEnd || (reader.at < reader.text.length && !'()|,'.includes(reader.text[reader.at]!))) {
    reader.at++;
  }
  const clause = reader.text.slice(start, reader.at).trim();
  if (clause === '') throw invalid(reader, 'a version such as 1.8, >=1.8 or 1.8.*');
  return parseClause(clause, { ...reader, at: start });
}

function parseClause(clause: string, reader: Reader): VersionSpec {
  if (clause.startsWith('^') || clause.endsWith('$')) {
    return { kind: 'regex', text: clause, test: compileRegex(wholeRegex(clause)) };
  }
  const operator = /^[=<>!~]+/.exec(clause)?.[0];
  if (operator !== undefined) return parseRelation(operator, clause.slice(operator.length).trim(), reader);

  const stem = clause.replace(/\*+$/, '');
  if (stem === '') return { kind: 'any', text: '*' };
  if (stem.includes('*')) {
    // Only what a version can hold may stand between the stars: anything else would never match.
    if (!/^[a-z0-9._+!*-]+$/i.test(clause)) throw invalid(reader, 'a version with stars', clause);
    return { kind: 'glob', text: clause, test: compileGlob(clause) };
  }
  if (stem === clause) return { kind: 'clause', text: clause, operator: '==', version: parseVersion(clause) };
  const prefix = stem.replace(/\.+$/, '');
  return { kind: 'clause', text: `${prefix}.*`, operator: 'startsWith', version: parseVersion(prefix) };
}

const operators: Readonly<Record<string, VersionOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '=': 'startsWith',
  '~=': '~=',
};

function parseRelation(sign: string, operand: string, reader: Reader): VersionSpec {
  const operator = Object.hasOwn(operators, sign) ? operators[sign]! : undefined;
  if (operator === undefined) throw invalid(reader, 'one of == != < <= > >= = ~=', sign);
  const bare = operand.replace(/\.?\*+$/, '');
  if (bare === '' || bare.includes('*')) throw invalid(reader, `a version after ${sign}`, sign + operand);
  const version = parseVersion(bare);
  const text = sign + operand;
  if (bare !== operand && operator === '!=') return { kind: 'clause', text, operator: 'notStartsWith', version };
  if (operator !== '~=') return { kind: 'clause', text, operator, version };

  const cut = bare.lastIndexOf('.');
  if (bare !== operand || cut < 0) {
    throw invalid(reader, 'a version of at least two parts and no star after ~=, such as ~=1.8.1', text);
  }
  return { kind: 'clause', text, operator, version, series: parseVersion(bare.slice(0, cut)) };
}

function take(reader: Reader, sign: string): boolean {
  skipBlanks(reader);
  if (reader.text[reader.at] !== sign) return false;
  reader.at++;
  return true;
}

function skipBlanks(reader: Reader): void {
  while (reader.text[reader.at]?.trim() === '') reader.at++;
}

function invalid(reader: Reader, wanted: string, found = reader.text.slice(reader.at) || 'the end'): FormatError {
  const where = `at character ${reader.at + 1} of the version spec ${excerpt(reader.text)}`;
  return new FormatError('conda_version_spec', `Wanted ${wanted} ${where}, found ${excerpt(found)}.`, {
    wanted,
    found: excerpt(found),
  });
}

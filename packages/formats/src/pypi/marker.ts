import { excerpt, FormatError } from '../errors.ts';
import type { MarkerEnvironment } from './marker-environment.ts';
import { normaliseProjectName } from './project-name.ts';
import { readSpecifier, specifierAllows } from './specifier.ts';
import { readPythonVersion } from './version.ts';

/** A variable of the environment, or a text. */
type Operand = { readonly variable: keyof MarkerEnvironment } | { readonly text: string };

/** A condition on the environment that a requirement is for. */
export type Marker =
  | { readonly kind: 'and'; readonly parts: readonly Marker[] }
  | { readonly kind: 'or'; readonly parts: readonly Marker[] }
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: string; readonly right: Operand };

/** Every variable, and those that old packages write with a dot. */
const variables: Record<string, keyof MarkerEnvironment> = {
  os_name: 'os_name',
  'os.name': 'os_name',
  sys_platform: 'sys_platform',
  'sys.platform': 'sys_platform',
  platform_machine: 'platform_machine',
  'platform.machine': 'platform_machine',
  platform_python_implementation: 'platform_python_implementation',
  'platform.python_implementation': 'platform_python_implementation',
  python_implementation: 'platform_python_implementation',
  platform_release: 'platform_release',
  platform_system: 'platform_system',
  platform_version: 'platform_version',
  'platform.version': 'platform_version',
  python_version: 'python_version',
  python_full_version: 'python_full_version',
  implementation_name: 'implementation_name',
  implementation_version: 'implementation_version',
  extra: 'extra',
};

/** Variables that are versions: with others `==` means the very same text. */
const versionVariables = new Set([
  'python_version',
  'python_full_version',
  'implementation_version',
  'platform_release',
]);

const longest = 8192;
const deepest = 50;

const tokenPattern = /\s*(?:(\()|(\))|("[^"]*"|'[^']*')|(===|~=|==|!=|<=|>=|<|>)|(not\s+in\b)|([a-z_.]+))/iy;

/**
 * Read an environment marker: comparisons with `and`, `or` and parentheses.
 *
 * @throws {FormatError} `python_marker`. Never retry.
 * @see PyPA "Dependency specifiers", "Environment markers" (PEP 508)
 */
export function parseMarker(text: string): Marker {
  if (text.length > longest) throw invalid(text, `at most ${longest} characters`);
  const tokens = tokenise(text);
  let at = 0;

  function either(depth: number): Marker {
    return chain('or', () => chain('and', () => single(depth)));
  }

  function chain(kind: 'and' | 'or', next: () => Marker): Marker {
    const parts = [next()];
    while (tokens[at] === kind) {
      at += 1;
      parts.push(next());
    }
    return parts.length === 1 ? parts[0]! : { kind, parts };
  }

  function single(depth: number): Marker {
    if (tokens[at] === '(') {
      if (depth === deepest) throw invalid(text, `at most ${deepest} parentheses inside each other`);
      at += 1;
      const inner = either(depth + 1);
      if (tokens[at] !== ')') throw invalid(text, 'a closing parenthesis');
      at += 1;
      return inner;
    }
    const left = operand(tokens[at], text);
    const operator = tokens[at + 1] ?? '';
    if (!/^(?:[~=!<>]+|in|not in)$/.test(operator))
      throw invalid(text, 'a comparison, such as python_version >= "3.9"');
    const right = operand(tokens[at + 2], text);
    if ('text' in left && 'text' in right) throw invalid(text, 'a variable such as python_version in each comparison');
    at += 3;
    return { kind: 'compare', left, operator, right };
  }

  const marker = either(0);
  if (at < tokens.length) throw invalid(text, '"and" or "or" between comparisons');
  return marker;
}

/** The marker as pip prints it: double quotes, parentheses where they are needed. */
export function printMarker(marker: Marker): string {
  if (marker.kind === 'compare') return `${printOperand(marker.left)} ${marker.operator} ${printOperand(marker.right)}`;
  const texts = marker.parts.map((part) =>
    part.kind === 'compare' || (marker.kind === 'or' && part.kind === 'and')
      ? printMarker(part)
      : `(${printMarker(part)})`,
  );
  return texts.join(` ${marker.kind} `);
}

/**
 * Whether a marker holds in an environment. Where the right side is a version specifier with its operator, versions are compared,
 * else texts.
 */
export function markerHolds(marker: Marker, environment: MarkerEnvironment): boolean {
  if (marker.kind === 'and') return marker.parts.every((part) => markerHolds(part, environment));
  if (marker.kind === 'or') return marker.parts.some((part) => markerHolds(part, environment));
  const { left, operator, right } = marker;
  const isExtra = [left, right].some((side) => 'variable' in side && side.variable === 'extra');
  const [one, other] = [operandValue(left, environment), operandValue(right, environment)].map((value) =>
    isExtra ? normaliseProjectName(value) : value,
  ) as [string, string];
  const compares = [left, right].some((side) => 'variable' in side && versionVariables.has(side.variable));
  return (compares ? compareVersions(one, operator, other) : undefined) ?? compareTexts(one, operator, other);
}

/** Whether a marker can hold only when an extra is asked for: then the requirement is one of that extra. */
export function needsExtra(marker: Marker): boolean {
  if (marker.kind === 'and') return marker.parts.some(needsExtra);
  if (marker.kind === 'or') return marker.parts.every(needsExtra);
  const [extra, other] = 'variable' in marker.left ? [marker.left, marker.right] : [marker.right, marker.left];
  return (
    'variable' in extra &&
    extra.variable === 'extra' &&
    marker.operator === '==' &&
    'text' in other &&
    other.text !== ''
  );
}

function compareVersions(one: string, operator: string, other: string): boolean | undefined {
  if (operator === 'in' || operator === 'not in') return undefined;
  const specifier = readSpecifier(operator + other);
  const version = readPythonVersion(one);
  return specifier === undefined || version === undefined ? undefined : specifierAllows(specifier, version);
}

function compareTexts(one: string, operator: string, other: string): boolean {
  switch (operator) {
    case 'in':
      return other.includes(one);
    case 'not in':
      return !other.includes(one);
    case '!=':
      return one !== other;
    case '<':
    case '>':
      // Of texts that are no versions there is no order.
      return false;
    default:
      return one === other;
  }
}

function operandValue(operand: Operand, environment: MarkerEnvironment): string {
  return 'text' in operand ? operand.text : environment[operand.variable];
}

function operand(token: string | undefined, text: string): Operand {
  if (token !== undefined && /^["']/.test(token)) return { text: token.slice(1, -1) };
  const variable = token === undefined ? undefined : variables[token];
  if (variable !== undefined) return { variable };
  throw invalid(text, 'a variable such as python_version, or a text in quotes');
}

function printOperand(operand: Operand): string {
  if ('variable' in operand) return operand.variable;
  return operand.text.includes('"') ? `'${operand.text}'` : `"${operand.text}"`;
}

function tokenise(text: string): string[] {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  const length = text.trimEnd().length;
  while (tokenPattern.lastIndex < length) {
    const match = tokenPattern.exec(text);
    if (match === null) throw invalid(text, 'variables, texts in quotes, operators and parentheses');
    tokens.push(match[5] === undefined ? match[0].trim() : 'not in');
  }
  return tokens;
}

function invalid(text: string, wanted: string): FormatError {
  return new FormatError('python_marker', `${excerpt(text)} is not an environment marker: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

import type { PackageType } from '@sluice/formats/package';
import { normaliseProjectName } from '@sluice/formats/pypi';
import { nameTest } from './specs/named-specs.ts';

/** Longer patterns no name of a package needs. */
const longest = 200;

/**
 * What is wrong with a pattern of reserved names, in words; undefined when it is fine. A pattern is a name in lower case, in
 * which `*` stands for any text.
 */
export function reservedPatternFault(pattern: string): string | undefined {
  if (pattern.length > longest) return `A pattern has at most ${longest} characters.`;
  if (!/^[a-z0-9._*-]+$/.test(pattern))
    return 'Write a name in lower case: a–z, 0–9, ".", "_", "-", and "*" for any text.';
  // "*" alone would close every mirror.
  if (!/[a-z0-9]/.test(pattern)) return 'A pattern needs a letter or a digit.';
  return undefined;
}

/** A name as it is compared with patterns: in lower case, of Python with `-`, `_` and `.` alike. */
function comparable(type: PackageType, name: string): string {
  return type === 'python' ? normaliseProjectName(name) : name.toLowerCase();
}

/** The pattern that says why names are kept from mirrors, by name; undefined for names that are not. Compile once. */
export function reservedNames(patterns: readonly string[], type: PackageType): (name: string) => string | undefined {
  const literal = new Map<string, string>();
  const open: { pattern: string; test: (name: string) => boolean }[] = [];
  for (const pattern of patterns) {
    const compared = comparable(type, pattern);
    if (compared.includes('*')) open.push({ pattern, test: nameTest(compared) });
    else literal.set(compared, pattern);
  }
  return (name) => {
    const compared = comparable(type, name);
    return literal.get(compared) ?? open.find(({ test }) => test(compared))?.pattern;
  };
}

/** Whether a name is reserved for the house: no mirror brings it in, and no upstream is asked for it. */
export function isReserved(patterns: readonly string[], type: PackageType, name: string): boolean {
  return reservedNames(patterns, type)(name) !== undefined;
}

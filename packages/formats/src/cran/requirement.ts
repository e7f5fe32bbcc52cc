import { excerpt, FormatError } from '../errors.ts';
import { compareRVersions, parseNumericVersion, type RVersion } from './version.ts';

export type RComparison = '>=' | '>' | '<=' | '<' | '==' | '!=';

/** One bound of a version, `>= 1.0`. */
export interface RBound {
  readonly comparison: RComparison;
  readonly version: RVersion;
}

/** A package with the bounds its version must meet; none: any version. */
export interface RRequirement {
  readonly name: string;
  readonly bounds: readonly RBound[];
}

const longest = 500;

/**
 * What people write to name packages: `dplyr`, `dplyr (>= 1.0)`, `dplyr >=1.0, <2`, `dplyr ==1.1.4`. A star stands for any
 * text in the name (`acme*`); a lone `=` means `==`.
 *
 * @throws {FormatError} `cran_requirement`, `cran_version`. Never retry.
 */
export function parseRRequirement(text: string): RRequirement {
  const name = text.length <= longest ? (/^\s*([A-Za-z0-9.*]+)(?=[\s(<>=!]|$)/.exec(text)?.[1] ?? '') : '';
  if (name === '' || !/^[A-Za-z*]/.test(name)) throw invalid(text, 'a package name, such as dplyr or dplyr (>= 1.0)');
  const rest = text.trim().slice(name.length).trim();
  const inner = /^\((.*)\)$/.exec(rest)?.[1] ?? rest;
  return { name, bounds: inner.trim() === '' ? [] : inner.split(',').map((part) => readBound(part, text)) };
}

/** Whether a version meets all bounds. */
export function rVersionMeets(version: RVersion, bounds: readonly RBound[]): boolean {
  return bounds.every((bound) => holds(bound.comparison, compareRVersions(version, bound.version)));
}

/** One requirement as text: `dplyr (>= 1.0, < 2)`. */
export function printRRequirement({ name, bounds }: RRequirement): string {
  if (bounds.length === 0) return name;
  return `${name} (${bounds.map(({ comparison, version }) => `${comparison} ${version.text}`).join(', ')})`;
}

function readBound(part: string, whole: string): RBound {
  const match = /^\s*(>=|<=|==|!=|=|<|>)\s*(\S+)\s*$/.exec(part);
  if (!match) throw invalid(whole, 'bounds such as >= 1.0, with commas between them');
  const comparison = match[1] === '=' ? '==' : (match[1] as RComparison);
  return { comparison, version: parseNumericVersion(match[2]!) };
}

function holds(comparison: RComparison, order: number): boolean {
  switch (comparison) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<=':
      return order <= 0;
    case '<':
      return order < 0;
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
  }
}

function invalid(text: string, wanted: string): FormatError {
  return new FormatError('cran_requirement', `${excerpt(text)} names no R package: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

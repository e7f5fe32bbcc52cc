import { type CondaVersion, compareVersions, versionStartsWith } from './version.ts';

/** How a clause compares: the version before it, or, for `startsWith`, lying under its version. */
export type VersionOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'startsWith' | 'notStartsWith' | '~=';

/**
 * A condition on versions, parsed once for many tests. `text` is the canonical spelling: no blanks, no parentheses that
 * change nothing, `1.8*` written `1.8.*`.
 */
export type VersionSpec =
  | { readonly kind: 'any'; readonly text: string }
  | {
      readonly kind: 'clause';
      readonly text: string;
      readonly operator: VersionOperator;
      readonly version: CondaVersion;
      /** For `~=`: the version without its last part, under which a version must lie. */
      readonly series?: CondaVersion;
    }
  | { readonly kind: 'glob' | 'regex'; readonly text: string; readonly test: (text: string) => boolean }
  | { readonly kind: 'and' | 'or'; readonly text: string; readonly parts: readonly VersionSpec[] };

/**
 * Whether a version meets a spec.
 *
 * @param rawText the version as the record spells it: globs with an inner star and regular expressions look at that.
 * @see CEP 29, "Version matching"; where conda differs from it, as conda does
 */
export function versionMatches(spec: VersionSpec, version: CondaVersion, rawText: string = version.text): boolean {
  switch (spec.kind) {
    case 'any':
      return true;
    case 'and':
      return spec.parts.every((part) => versionMatches(part, version, rawText));
    case 'or':
      return spec.parts.some((part) => versionMatches(part, version, rawText));
    case 'glob':
    case 'regex':
      return spec.test(rawText);
    case 'clause':
      break;
  }
  switch (spec.operator) {
    case 'startsWith':
      return versionStartsWith(version, spec.version);
    case 'notStartsWith':
      return !versionStartsWith(version, spec.version);
    case '~=':
      return compareVersions(version, spec.version) >= 0 && versionStartsWith(version, spec.series!);
  }
  const order = compareVersions(version, spec.version);
  switch (spec.operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

import type { BuildNumberSpec } from './build-number.ts';
import { readChannel } from './channel-name.ts';
import type { StringMatcher } from './string-matcher.ts';
import { type CondaVersion, parseVersion } from './version.ts';
import { type VersionSpec, versionMatches } from './version-spec.ts';

/**
 * A query for packages, parsed once for many tests. A key that is absent constrains nothing.
 *
 * @see CEP 29; `extras`, `flags` and `when`: CEP 44, 45, 43
 */
export interface MatchSpec {
  /** Its text is `*` when any name will do. */
  readonly name: StringMatcher;
  readonly version?: VersionSpec;
  readonly build?: StringMatcher;
  readonly build_number?: BuildNumberSpec;
  /** By name, never by URL. */
  readonly channel?: StringMatcher;
  readonly subdir?: StringMatcher;
  /** 32 hexadecimal digits in lower case. */
  readonly md5?: string;
  /** 64 hexadecimal digits in lower case. */
  readonly sha256?: string;
  readonly license?: StringMatcher;
  readonly license_family?: StringMatcher;
  /** Sorted; a package must track exactly these. */
  readonly track_features?: readonly string[];
  readonly features?: readonly string[];
  readonly url?: StringMatcher;
  readonly fn?: StringMatcher;
  /** Groups of optional dependencies to install too. They choose no package and do not take part in matching. */
  readonly extras?: readonly string[];
  /** Each must be met by one flag of the package. */
  readonly flags?: readonly StringMatcher[];
  /** When a solver is to heed this spec. It chooses no package and does not take part in matching. */
  readonly when?: string;
}

/** The name of one field a match spec can speak of. */
export type MatchKey = keyof MatchSpec;

/** Every key, in the order in which specs are printed. */
export const matchKeys: readonly MatchKey[] = [
  'channel',
  'subdir',
  'name',
  'version',
  'build',
  'build_number',
  'track_features',
  'features',
  'url',
  'md5',
  'sha256',
  'license',
  'license_family',
  'fn',
  'extras',
  'flags',
  'when',
];

/** What matching needs to know of a package file. A spec that constrains a field that is absent does not match. */
export interface MatchFields {
  readonly name: string;
  /** Give the parsed version when many files share it: a text is parsed anew for each spec that looks at it. */
  readonly version: string | CondaVersion;
  readonly build: string;
  readonly build_number: number;
  /** A name or a URL. */
  readonly channel?: string | undefined;
  readonly subdir?: string | undefined;
  readonly md5?: string | undefined;
  readonly sha256?: string | undefined;
  readonly license?: string | undefined;
  readonly license_family?: string | undefined;
  /** With blanks or commas between them, or as a list. Absent means none. */
  readonly track_features?: string | readonly string[] | undefined;
  readonly features?: string | readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly fn?: string | undefined;
  readonly flags?: readonly string[] | undefined;
}

/**
 * Whether a package file is one the spec asks for.
 *
 * @throws {FormatError} `conda_version` when `fields.version` is a text that is no version and the spec looks at it.
 * @see CEP 29; where conda differs from it (letter case of builds, regular expressions), as conda does
 */
export function matches(spec: MatchSpec, fields: MatchFields): boolean {
  // A field that nobody asks for is not looked at: fields may have to be read first.
  return (
    spec.name.test(fields.name) &&
    (spec.version === undefined || versionMeets(spec.version, fields.version)) &&
    (spec.build === undefined || meets(spec.build, fields.build)) &&
    (spec.build_number === undefined || spec.build_number.test(fields.build_number)) &&
    (spec.channel === undefined || channelMeets(spec.channel, fields.channel)) &&
    (spec.subdir === undefined || meets(spec.subdir, fields.subdir)) &&
    (spec.md5 === undefined || spec.md5 === fields.md5?.toLowerCase()) &&
    (spec.sha256 === undefined || spec.sha256 === fields.sha256?.toLowerCase()) &&
    (spec.license === undefined || meets(spec.license, fields.license)) &&
    (spec.license_family === undefined || meets(spec.license_family, fields.license_family)) &&
    (spec.track_features === undefined || sameFeatures(spec.track_features, fields.track_features)) &&
    (spec.features === undefined || sameFeatures(spec.features, fields.features)) &&
    (spec.url === undefined || meets(spec.url, fields.url)) &&
    (spec.fn === undefined || meets(spec.fn, fields.fn)) &&
    (spec.flags === undefined || spec.flags.every((flag) => fields.flags?.some(flag.test) ?? false))
  );
}

/** The name in lower case when the spec names one package, so that an index by name can serve it; else `undefined`. */
export function literalName(spec: MatchSpec): string | undefined {
  return spec.name.kind === 'literal' ? spec.name.text : undefined;
}

/** The keys a spec uses, so that a caller can refuse those it has no facts for. `name` counts unless it is `*`. */
export function usedKeys(spec: MatchSpec): readonly MatchKey[] {
  return matchKeys.filter((key) => (key === 'name' ? spec.name.text !== '*' : spec[key] !== undefined));
}

/**
 * Read a list of features: a text with blanks or commas between them, or a list. Sorted, each once.
 */
export function readFeatures(features: string | readonly string[]): string[] {
  const list = typeof features === 'string' ? features.split(/[ ,]/) : features;
  return [...new Set(list.map((feature) => feature.trim()).filter((feature) => feature !== ''))].sort();
}

function meets(matcher: StringMatcher, value: string | undefined): boolean {
  return value !== undefined && matcher.test(value);
}

function versionMeets(spec: VersionSpec, version: string | CondaVersion): boolean {
  return versionMatches(spec, typeof version === 'string' ? parseVersion(version) : version);
}

/** What conda's channel `defaults` stands for. */
const defaults: readonly string[] = ['pkgs/main', 'pkgs/r', 'pkgs/msys2'];

function channelMeets(matcher: StringMatcher, channel: string | undefined): boolean {
  if (channel === undefined) return false;
  const name = channel.includes('/') ? readChannel(channel).channel : channel;
  return matcher.test(name) || (defaults.includes(name) && matcher.test('defaults'));
}

function sameFeatures(wanted: readonly string[], features: string | readonly string[] | undefined): boolean {
  const found = readFeatures(features ?? []);
  return wanted.length === found.length && wanted.every((feature, i) => feature === found[i]);
}

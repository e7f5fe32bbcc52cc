import type { MirrorLimits, MirrorMode } from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import { type DefinitionIssue, MirrorError } from '../errors.ts';
import { parseSourceAddress, type SourceAddress } from '../source-address.ts';
import { isMirrorType, type MirrorType, mirrorTypes } from './mirror-types.ts';
import { readCa } from './read-ca.ts';
import { readCredentials } from './read-credentials.ts';
import { readMirrorFilters } from './read-filters.ts';
import { readGraceDays } from './read-grace.ts';
import { readLimits } from './read-limits.ts';
import { cronOf, defaultCron, defaultTimeZone, frequencies, scheduleFault } from './schedule.ts';

/** A mirror as a person defines it, with the wire names of product.md §13. What is left out has its default. */
export interface MirrorInput {
  mirror_name: unknown;
  source_root: unknown;
  mirror_mode?: unknown;
  mirror_type?: unknown;
  /** Five-field cron, or hourly, daily, weekly, monthly, yearly. Default {@link defaultCron}. */
  cron?: unknown;
  /** IANA name. Default {@link defaultTimeZone}. */
  time_zone?: unknown;
  filters?: unknown;
  /** Keep a `.tar.bz2` also when its `.conda` is kept. Default false. */
  keep_legacy?: unknown;
  /** Whether its source is a house of our own: then it may bring in reserved names. Default false. */
  internal?: unknown;
  /** `http://[user:password@]host[:port]`; null or empty for none. */
  proxy?: unknown;
  /** `{username, password}` or `{token}`, which is sent as Bearer; null for none, also none in the URL. */
  credentials?: unknown;
  /** PEM certificates to trust for this source, beside the known ones; null or empty for none. */
  ca?: unknown;
  /** `{concurrency, bytes_per_second}`. Default: the installation's bounds. */
  limits?: unknown;
  /** Keep showing files that vanish upstream. Default false. */
  keep_removed?: unknown;
  /** For how many days; null for ever. */
  grace_days?: unknown;
}

/** A mirror's definition that has been checked. */
export interface MirrorDefinition {
  name: string;
  type: MirrorType;
  address: SourceAddress;
  mode: MirrorMode;
  cron: string;
  time_zone: string;
  filters: MirrorFilters;
  keep_legacy: boolean;
  internal: boolean;
  limits: MirrorLimits;
  keep_removed: boolean;
  grace_days: number | null;
}

type Say = (field: string, code: DefinitionIssue['code'], message: string) => void;

const mostNameLength = 128;

/**
 * Check a definition as a whole.
 *
 * @throws {MirrorError} `definition_invalid` with every issue at once, so that a person corrects them in one go.
 */
export function readDefinition(input: MirrorInput, now: Date): MirrorDefinition {
  const issues: DefinitionIssue[] = [];
  const say: Say = (field, code, message) => void issues.push({ field, code, message });

  const name = typeof input.mirror_name === 'string' ? input.mirror_name.trim() : '';
  if (name === '' || name.length > mostNameLength || /[\u0000-\u001f\u007f]/.test(name)) {
    say('mirror_name', 'name_invalid', `A mirror has a name of 1 to ${mostNameLength} characters on one line.`);
  }
  const mode = input.mirror_mode ?? 'passive';
  if (mode !== 'active' && mode !== 'passive') say('mirror_mode', 'mode_invalid', 'The mode is active or passive.');
  const type = readType(input.mirror_type ?? 'conda', say);
  const keepLegacy = readSwitch(input, 'keep_legacy', say);
  if (keepLegacy && !mirrorTypes[type].hasLegacy)
    say(
      'keep_legacy',
      'keep_legacy',
      `keep_legacy is about conda's .tar.bz2 files; leave it out of a mirror of type ${type}.`,
    );
  const internal = readSwitch(input, 'internal', say);
  const address = readAddress(input, say);
  const schedule = readSchedule(input, now, say);
  const limits = readLimits(input.limits);
  if ('issues' in limits) issues.push(...limits.issues);
  const keepRemoved = readSwitch(input, 'keep_removed', say);
  const grace = readGraceDays(input.grace_days, keepRemoved);
  if ('issue' in grace) issues.push(grace.issue);
  const read = readMirrorFilters(input.filters, type);
  if ('issues' in read) issues.push(...read.issues);
  if (issues.length > 0 || !address || 'issues' in read || 'issues' in limits || 'issue' in grace)
    throw invalid(issues);
  return {
    name,
    type,
    address,
    mode: mode as MirrorMode,
    ...schedule,
    filters: read.filters,
    keep_legacy: keepLegacy,
    internal,
    limits: limits.limits,
    keep_removed: keepRemoved,
    grace_days: grace.grace_days,
  };
}

function readType(type: unknown, say: Say): MirrorType {
  if (isMirrorType(type)) return type;
  const known = Object.keys(mirrorTypes).join(', ');
  say('mirror_type', 'type_not_supported', `There are no mirrors of type ${String(type)}: write ${known}.`);
  return 'conda';
}

function readSwitch(input: MirrorInput, field: 'keep_legacy' | 'internal' | 'keep_removed', say: Say): boolean {
  const value = input[field] ?? false;
  if (typeof value !== 'boolean') say(field, 'not_boolean', `${field} is true or false.`);
  return value === true;
}

function readSchedule(input: MirrorInput, now: Date, say: Say): Pick<MirrorDefinition, 'cron' | 'time_zone'> {
  const cron = cronOf(String(input.cron ?? defaultCron));
  const timeZone = String(input.time_zone ?? defaultTimeZone);
  const fault = scheduleFault(cron, timeZone, now);
  if (fault === 'cron')
    say(
      'cron',
      'cron_invalid',
      `${JSON.stringify(input.cron)} is no schedule that ever fires: write five fields, such as "${defaultCron}", or ${Object.keys(frequencies).join(', ')}.`,
    );
  if (fault === 'time_zone')
    say(
      'time_zone',
      'time_zone_invalid',
      `${JSON.stringify(timeZone)} is no time zone: write an IANA name, such as Europe/Berlin.`,
    );
  return { cron, time_zone: timeZone };
}

function readAddress(input: MirrorInput, say: Say): SourceAddress | undefined {
  const ca = readCa(input.ca);
  if ('issue' in ca) say(ca.issue.field, ca.issue.code, ca.issue.message);
  if (typeof input.source_root !== 'string' || input.source_root.trim() === '') {
    say(
      'source_root',
      'required',
      'A mirror needs a source: an http(s) or file URL, or the absolute path of a folder of the server.',
    );
    return undefined;
  }
  const address = attempt(
    () => parseSourceAddress(input.source_root as string),
    (message) => say('source_root', 'source_url', message),
  );
  const proxied = readProxy(input.proxy, say);
  const credentials = readCredentials(input.credentials, address?.secret ?? {});
  if ('issue' in credentials) say(credentials.issue.field, credentials.issue.code, credentials.issue.message);
  if (!address || !proxied || 'issue' in ca || 'issue' in credentials) return undefined;
  return {
    ...address,
    ...ca,
    proxy: proxied.proxy,
    secret: { ...credentials.secret, ...proxied.secret },
  };
}

function readProxy(value: unknown, say: Say): Pick<SourceAddress, 'proxy' | 'secret'> | undefined {
  if (value === undefined || value === null || value === '') return { proxy: null, secret: {} };
  if (typeof value !== 'string') {
    say('proxy', 'proxy_invalid', 'The proxy is a URL: http://[user:password@]host[:port].');
    return undefined;
  }
  return attempt(
    () => parseSourceAddress('http://any', value),
    (message) => say('proxy', 'proxy_invalid', message),
  );
}

function attempt<T>(read: () => T, refused: (message: string) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    refused(error.message);
    return undefined;
  }
}

function invalid(issues: readonly DefinitionIssue[]): MirrorError {
  return new MirrorError('definition_invalid', issues.map((issue) => `${issue.field}: ${issue.message}`).join(' '), {
    issues,
  });
}

import type { MirrorMode } from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import { type DefinitionIssue, MirrorError } from '../errors.ts';
import { parseSourceAddress, type SourceAddress } from '../source-address.ts';
import { isMirrorType, type MirrorType, mirrorTypes } from './mirror-types.ts';
import { readMirrorFilters } from './read-filters.ts';
import { defaultCron, defaultTimeZone, scheduleFault } from './schedule.ts';

/** A mirror as a person defines it, with the wire names of product.md §13. What is left out has its default. */
export interface MirrorInput {
  mirror_name: unknown;
  source_root: unknown;
  mirror_mode?: unknown;
  mirror_type?: unknown;
  /** Five-field cron. Default {@link defaultCron}. */
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
}

const mostNameLength = 128;

/**
 * Check a definition as a whole.
 *
 * @throws {MirrorError} `definition_invalid` with every issue at once, so that a person corrects them in one go.
 */
export function readDefinition(input: MirrorInput, now: Date): MirrorDefinition {
  const issues: DefinitionIssue[] = [];
  const say = (field: string, code: DefinitionIssue['code'], message: string) =>
    void issues.push({ field, code, message });

  const name = typeof input.mirror_name === 'string' ? input.mirror_name.trim() : '';
  if (name === '' || name.length > mostNameLength || /[\u0000-\u001f\u007f]/.test(name)) {
    say('mirror_name', 'name_invalid', `A mirror has a name of 1 to ${mostNameLength} characters on one line.`);
  }
  const mode = input.mirror_mode ?? 'passive';
  if (mode !== 'active' && mode !== 'passive') say('mirror_mode', 'mode_invalid', 'The mode is active or passive.');
  const type = input.mirror_type ?? 'conda';
  const ofType: MirrorType = isMirrorType(type) ? type : 'conda';
  if (type !== ofType)
    say(
      'mirror_type',
      'type_not_supported',
      `There are no mirrors of type ${String(type)}: write ${Object.keys(mirrorTypes).join(', ')}.`,
    );
  const keepLegacy = input.keep_legacy ?? false;
  if (typeof keepLegacy !== 'boolean') say('keep_legacy', 'not_boolean', 'keep_legacy is true or false.');
  else if (keepLegacy && !mirrorTypes[ofType].hasLegacy)
    say(
      'keep_legacy',
      'keep_legacy',
      `keep_legacy is about conda's .tar.bz2 files; leave it out of a mirror of type ${ofType}.`,
    );
  const internal = input.internal ?? false;
  if (typeof internal !== 'boolean') say('internal', 'not_boolean', 'internal is true or false.');
  const address = readAddress(input, say);
  const cron = input.cron ?? defaultCron;
  const timeZone = input.time_zone ?? defaultTimeZone;
  const fault = scheduleFault(String(cron), String(timeZone), now);
  if (fault === 'cron')
    say(
      'cron',
      'cron_invalid',
      `${JSON.stringify(cron)} is no schedule that ever fires: write five fields, such as "${defaultCron}".`,
    );
  if (fault === 'time_zone')
    say(
      'time_zone',
      'time_zone_invalid',
      `${JSON.stringify(timeZone)} is no time zone: write an IANA name, such as Europe/Berlin.`,
    );
  const read = readMirrorFilters(input.filters, ofType);
  if ('issues' in read) issues.push(...read.issues);
  if (issues.length > 0 || !address || 'issues' in read) throw invalid(issues);
  return {
    name,
    type: ofType,
    address,
    mode: mode as MirrorMode,
    cron: String(cron),
    time_zone: String(timeZone),
    filters: read.filters,
    keep_legacy: keepLegacy === true,
    internal: internal === true,
  };
}

function readAddress(
  input: MirrorInput,
  say: (field: string, code: DefinitionIssue['code'], message: string) => void,
): SourceAddress | undefined {
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
  if (input.proxy === undefined || input.proxy === null || input.proxy === '') return address;
  if (typeof input.proxy !== 'string') {
    say('proxy', 'proxy_invalid', 'The proxy is a URL: http://[user:password@]host[:port].');
    return undefined;
  }
  const proxied = attempt(
    () => parseSourceAddress('http://any', input.proxy as string),
    (message) => say('proxy', 'proxy_invalid', message),
  );
  return address && proxied && { ...address, proxy: proxied.proxy, secret: { ...address.secret, ...proxied.secret } };
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

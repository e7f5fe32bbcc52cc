import { readChannel } from './channel-name.ts';
import { type MatchSpec, matchKeys } from './match-spec.ts';

/**
 * Print a match spec in conda's canonical form, `channel/subdir::name==version=build[key=value,…]`. What is printed
 * parses back to the same spec; unlike conda, `url` is printed beside a channel too.
 *
 * @see CEP 29, appendix A
 */
export function printMatchSpec(spec: MatchSpec): string {
  const channel = spec.channel?.kind === 'literal' ? spec.channel.text : undefined;
  const place = channel === undefined ? undefined : printPlace(channel, spec.subdir?.text);
  const version = printVersion(spec);
  const build = version.startsWith('==') ? printBuild(spec) : '';

  const brackets: string[] = [];
  for (const key of matchKeys) {
    if (key === 'name' || (key === 'channel' && place !== undefined)) continue;
    if (key === 'subdir' && place?.subdir !== undefined) continue;
    if ((key === 'version' && version !== '') || (key === 'build' && build !== '')) continue;
    const value = printValue(spec, key);
    if (value !== undefined) brackets.push(`${key}=${value}`);
  }
  const prefix = place === undefined ? '' : `${place.text}::`;
  return `${prefix}${spec.name.text}${version}${build}${brackets.length === 0 ? '' : `[${brackets.join(',')}]`}`;
}

/** The channel, with the subdir if it fits, as it may stand before `::`; `undefined` when it can only be a key. */
function printPlace(channel: string, subdir: string | undefined): { text: string; subdir?: string } | undefined {
  if (!/^[\w./~@+-]+$/.test(channel) || readChannel(channel).channel !== channel) return undefined;
  const text = `${channel}/${subdir}`;
  return subdir !== undefined && readChannel(text).subdir === subdir ? { text, subdir } : { text: channel };
}

/** The version as it may stand behind the name, or nothing when it can only be a key. */
function printVersion({ version, build }: MatchSpec): string {
  if (version === undefined || /[><^$|,()]/.test(version.text)) return '';
  if (version.kind === 'glob') return version.text.endsWith('*') ? '' : `==${version.text}`;
  if (version.kind !== 'clause') return '';
  if (version.operator === '==') return `==${version.text}`;
  if (version.operator === 'startsWith') return `=${version.version.text}`;
  return build === undefined ? version.text : '';
}

/** The build as it may stand behind an exact version, or nothing when it can only be a key. */
function printBuild({ build }: MatchSpec): string {
  if (build?.kind !== 'literal' || !/^[\w.+]+( [\w.+]+)*$/.test(build.text) || build.text.includes(' if ')) return '';
  return `=${build.text}`;
}

function printValue(spec: MatchSpec, key: keyof MatchSpec): string | undefined {
  const value = spec[key];
  if (value === undefined) return undefined;
  if (key === 'version') return quote(spec.version!.text, /^/);
  if (key === 'build') return quote(spec.build!.text, /[><$^|,= '"[\]]/);
  if (key === 'extras') return `[${spec.extras!.map((group) => quote(group, /^/)).join(',')}]`;
  if (key === 'flags') return `[${spec.flags!.map((flag) => quote(flag.text, /^/)).join(',')}]`;
  const text = typeof value === 'string' ? value : 'text' in value ? value.text : value.join(' ');
  return quote(text, /[,= '"[\]]/);
}

// A value that was read holds at most one kind of quote, since there is no way to write both.
function quote(text: string, when: RegExp): string {
  if (!when.test(text)) return text;
  return text.includes("'") ? `"${text}"` : `'${text}'`;
}

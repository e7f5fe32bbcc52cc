import { excerpt, FormatError } from '../errors.ts';
import { parseBuildNumberSpec } from './build-number.ts';
import { readChannel } from './channel-name.ts';
import { parseFileName } from './file-name.ts';
import { type MatchSpec, matchKeys, readFeatures } from './match-spec.ts';
import { type BracketPair, readBrackets } from './match-spec-brackets.ts';
import { refuseSpec, scanSpec } from './match-spec-scan.ts';
import { compileString } from './string-matcher.ts';
import { parseSubdir } from './subdir.ts';
import type { VersionSpec } from './version-spec.ts';
import { parseVersionSpec } from './version-spec-parse.ts';

/** Above the longest dependency of any public channel; it bounds the work a stranger's text can ask for. */
const longest = 8192;

type Writable = { -readonly [K in keyof MatchSpec]: MatchSpec[K] };

/**
 * Parse a match spec in any of its forms: `name version build`, `name=version=build`, `name>=1.8`,
 * `channel/subdir::name[key=value,…]`, the URL or the file name of a package, `feature@`.
 *
 * As conda reads it, but what conda skips in silence (`numpy>`, `numpy[foo]`, `numpy (optional)`, text behind the
 * brackets) is refused, and parentheses are part of the version. Letter case does not count but in builds, URLs and file
 * names.
 *
 * @param folder URL of the folder that a bare file name lies in. Without it such a name is matched as `fn`.
 * @throws {FormatError} `conda_match_spec`, naming the position and what was wanted there; `conda_version_spec`,
 * `conda_version`, `conda_spec_regex` for these parts of it; `conda_file_name` and kin for a package's file. Never retry.
 * @see CEP 29
 */
export function parseMatchSpec(text: string, folder?: string): MatchSpec {
  if (text.length > longest) throw refuseSpec(text, longest, `at most ${longest} characters`);
  try {
    return parseSpec(text, folder);
  } catch (error) {
    if (!(error instanceof FormatError) || error.code === 'conda_match_spec') throw error;
    const { code, message, wanted, found } = error;
    const known = { ...(wanted === undefined ? {} : { wanted }), ...(found === undefined ? {} : { found }) };
    throw new FormatError(code, `In the match spec ${excerpt(text)}: ${message}`, { ...known, cause: error });
  }
}

function parseSpec(given: string, folder: string | undefined): MatchSpec {
  const text = given.replace(/[\t\r\n]/g, ' ').trimEnd();
  const file = /^\s*([^\s#]+\.(?:conda|tar\.bz2))(?:\s*#.*)?$/.exec(text)?.[1];
  if (file !== undefined) return parseFile(file, folder);
  const feature = /^\s*([^\s,:=[\]]+)@$/.exec(text)?.[1];
  if (feature !== undefined) return { name: anyName(), track_features: readFeatures(feature) };

  const { head, mask, brackets } = scanSpec(text);
  const pairs = brackets === undefined ? [] : readBrackets(text, head.length + 1, head.length + 1 + brackets.length);
  const colon = mask.lastIndexOf(':');
  const nameAt = skipBlanks(mask, colon + 1);
  const nameEnd = findNameEnd(text, mask, nameAt);
  const spec: Writable = { name: readName(text, nameAt, nameEnd) };
  putChannel(spec, text, 0, readChannelPart(text, mask, colon));
  putVersionAndBuild(spec, text, mask, skipBlanks(mask, nameEnd));
  // The channel may bring a subdir along, which gives way to one with a key of its own.
  const inOrder = [...pairs.filter(({ key }) => key === 'channel'), ...pairs.filter(({ key }) => key !== 'channel')];
  for (const pair of inOrder) put(spec, text, pair);
  return spec;
}

function skipBlanks(mask: string, from: number): number {
  let at = from;
  while (mask[at] === ' ') at++;
  return at;
}

function findNameEnd(text: string, mask: string, nameAt: number): number {
  // A regular expression is hidden in the mask, and its first "$" is its end.
  if (text[nameAt] === '^' && mask[nameAt] !== '^') {
    const end = text.indexOf('$', nameAt) + 1;
    if (/^[^ =<>!~\0]/.test(mask.slice(end))) throw refuseSpec(text, end, 'a blank or an operator behind the name');
    return end;
  }
  const length = mask.slice(nameAt).search(/[ =<>!~\0]/);
  return length < 0 ? mask.length : nameAt + length;
}

function readName(text: string, from: number, to: number): MatchSpec['name'] {
  const name = text.slice(from, to).trim();
  const stray = name.startsWith('^') ? -1 : name.search(/[^\w.*-]/);
  if (name === '' || stray >= 0) {
    const at = from + Math.max(stray, 0);
    throw refuseSpec(text, at, 'a package name: letters, digits, . _ - and * as a wildcard, or ^…$');
  }
  return compileString(name, true);
}

/** `channel[/subdir]:namespace:` or `namespace:` before the name. The namespace is read and left out, as CEP 29 asks. */
function readChannelPart(text: string, mask: string, colon: number): string {
  if (colon < 0) return '';
  const channelEnd = colon === 0 ? -1 : mask.lastIndexOf(':', colon - 1);
  const namespace = text.slice(channelEnd + 1, colon).trim();
  if (!/^[\w.-]*$/.test(namespace)) throw refuseSpec(text, channelEnd + 1, 'channel::name');
  return channelEnd < 0 ? '' : text.slice(0, channelEnd).trim();
}

function putChannel(spec: Writable, text: string, at: number, channelText: string): void {
  if (channelText === '') return;
  const isRegex = channelText.startsWith('^');
  const { channel, subdir } = isRegex ? { channel: channelText } : readChannel(channelText);
  if (!isRegex && !/^[\w.*/~@+-]+$/.test(channel)) {
    throw refuseSpec(text, at, 'the name or the URL of a channel', channelText);
  }
  // "*" asks for any channel, also for an unknown one, so it constrains nothing.
  if (channel === '*') delete spec.channel;
  else spec.channel = compileString(channel, false);
  if (subdir !== undefined) spec.subdir = compileString(subdir, true);
}

function putVersionAndBuild(spec: Writable, text: string, mask: string, at: number): void {
  const restMask = mask.slice(at).trimEnd();
  const rest = text.slice(at, at + restMask.length);
  // conda reads "numpy=" as "numpy", and people have written it.
  if (rest === '' || rest === '=') return;
  if (/^\((?:optional|target)\b/.test(rest))
    throw refuseSpec(text, at, 'no (optional) or (target=…): they mean nothing');
  const { version, build } = splitBuild(rest, restMask);
  putVersion(spec, version.startsWith('^') ? version : version.replaceAll(' ', ''), build !== undefined);
  if (build !== undefined) spec.build = compileString(build, false);
}

/** The build begins at the first blank or `=` that is no part of an operator and has no operator or dash behind it. */
function splitBuild(text: string, mask: string): { version: string; build?: string } {
  const last = Math.max(1, ...['-', '=', ',', '|', '<', '>', '~'].map((sign) => mask.lastIndexOf(sign)));
  for (let i = last; i < text.length - 1; i++) {
    const isSeparator = mask[i] === ' ' || mask[i] === '=';
    if (isSeparator && !'=!|,<>~'.includes(mask[i - 1]!))
      return { version: text.slice(0, i), build: text.slice(i + 1).trim() };
  }
  return { version: text };
}

function putVersion(spec: Writable, text: string, hasBuild: boolean): void {
  const version = canonical(parseVersionSpec(expandEquals(text, hasBuild)));
  if (version.kind === 'any') delete spec.version;
  else spec.version = version;
}

/** `=1.8` means everything under 1.8, but with a build behind it exactly 1.8; `==1.8` always means exactly 1.8. */
function expandEquals(text: string, hasBuild: boolean): string {
  if (/^==[^=]/.test(text)) return text.slice(2);
  const bare = text.slice(1);
  if (!/^=[^=]/.test(text) || /[=,|]/.test(bare)) return text;
  return hasBuild || bare.endsWith('*') || bare.startsWith('^') ? bare : `${bare}*`;
}

// One spelling for one meaning, so that what is printed is read back as the same.
function canonical(spec: VersionSpec): VersionSpec {
  if (spec.kind !== 'clause') return spec;
  if (spec.operator === '==') return { ...spec, text: spec.version.text };
  return spec.operator === 'startsWith' ? { ...spec, text: `${spec.version.text}.*` } : spec;
}

function put(spec: Writable, text: string, { key, value, at }: BracketPair): void {
  if (key === 'extras') spec.extras = readItems(text, at, value, /^[a-z0-9_.+-]{1,64}$/);
  else if (key === 'flags') {
    const flags = readItems(text, at, value, /^[a-z0-9_*]+(:[a-z0-9_*]+)?$/);
    spec.flags = flags.map((flag) => compileString(flag, false));
  } else if (typeof value !== 'string') throw refuseSpec(text, at, `a single value for ${key}`);
  else putSingle(spec, text, key, value, at);
}

function putSingle(spec: Writable, text: string, key: string, value: string, at: number): void {
  switch (key) {
    // A name in brackets could hide behind the one outside, so CEP 29 has it ignored.
    case 'name':
    case 'namespace':
      return;
    case 'version':
      putVersion(spec, value.trim(), false);
      return;
    case 'channel':
      putChannel(spec, text, at, value.trim());
      return;
    case 'build_number':
      spec.build_number = parseBuildNumberSpec(value);
      return;
    case 'track_features':
    case 'features':
      spec[key] = readFeatures(value);
      return;
    case 'md5':
    case 'sha256':
      spec[key] = readHex(text, at, key, value);
      return;
    case 'build':
    case 'url':
    case 'fn':
      spec[key] = compileString(value, false);
      return;
    case 'subdir':
      spec.subdir = compileString(/[*^$]/.test(value) ? value : parseSubdir(value.toLowerCase()), true);
      return;
    case 'license':
    case 'license_family':
      spec[key] = compileString(value, true);
      return;
    case 'when':
      spec.when = value;
      return;
  }
  throw refuseSpec(text, at, `one of the keys ${matchKeys.join(', ')}`, key);
}

function readItems(text: string, at: number, value: string | readonly string[], shape: RegExp): string[] {
  const items = (typeof value === 'string' ? [value] : value).map((item) => item.trim());
  const wrong = items.find((item) => !shape.test(item));
  if (wrong !== undefined) throw refuseSpec(text, at, `names of the shape ${shape.source}`, wrong);
  return items;
}

function readHex(text: string, at: number, key: 'md5' | 'sha256', value: string): string {
  const length = key === 'md5' ? 32 : 64;
  if (value.length === length && /^[0-9a-f]+$/i.test(value)) return value.toLowerCase();
  throw refuseSpec(text, at, `${length} hexadecimal digits for ${key}`, value);
}

function parseFile(file: string, folder: string | undefined): MatchSpec {
  const isUrl = file.includes('://');
  const fileName = file.slice(file.lastIndexOf('/') + 1);
  if (!isUrl && (fileName !== file || file.includes('\\'))) {
    throw refuseSpec(file, 0, 'the URL of a package or its bare file name, not a path');
  }
  const { name, version, build } = parseFileName(decode(file, fileName));
  if (!isUrl) {
    if (folder === undefined) return { name: anyName(), fn: compileString(fileName, false) };
    return { name: anyName(), url: compileString(`${folder.replace(/\/$/, '')}/${fileName}`, false) };
  }
  const { channel, subdir } = readChannel(file.slice(0, -fileName.length));
  if (channel === '' || subdir === undefined) return { name: anyName(), url: compileString(file, false) };
  return {
    name: compileString(name, true),
    channel: compileString(channel, false),
    subdir: compileString(subdir, true),
    version: canonical(parseVersionSpec(version)),
    build: compileString(build, false),
  };
}

function decode(file: string, fileName: string): string {
  try {
    return decodeURIComponent(fileName);
  } catch {
    throw refuseSpec(file, 0, 'well-formed percent signs', fileName);
  }
}

function anyName(): MatchSpec['name'] {
  return compileString('*', true);
}

import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../conda/json.ts';
import { FormatError } from '../errors.ts';
import { isAttachmentName } from './part-name.ts';

/**
 * The contents of a bundle are lines of JSON. A **listing** says all that the channels of a bundle show: its lines in the order of
 * {@link compareLineKeys}, each ended by a line break. Its SHA-256 is the state that a manifest names. A full bundle's contents
 * are that listing. A delta's contents are what makes the listing of its base the listing of now (`difference.ts`): in the same
 * order, lines that are new or other than they were, and `gone` for those that are no more.
 */
export type ListingLine = ChannelLine | PatchLine | ReservedLine | MirrorLine | AttachmentLine | RecordLine;

export type ContentsLine = ListingLine | GoneLine;

/** A channel as it is set up. `layers`: the channels below it, highest first; all of them are in the bundle. */
export interface ChannelLine {
  kind: 'channel';
  path: string;
  types: string[];
  privacy: string;
  description: string;
  filters: JsonObject;
  name_priority: string;
  layers: string[];
}

/** The patches of a channel in one subdir: the text of its `patch_instructions.json`. */
export interface PatchLine {
  kind: 'patch';
  channel: string;
  subdir: string;
  instructions: string;
}

/** A name, or pattern of names, that mirrors never bring in. */
export interface ReservedLine {
  kind: 'reserved';
  pattern: string;
  note: string;
}

/** How a mirror of a channel was defined, without secrets: for people, and for who wants to define it over there. */
export interface MirrorLine {
  kind: 'mirror';
  channel: string;
  name: string;
  definition: JsonObject;
}

/** A file carried as it is. */
export interface AttachmentLine {
  kind: 'attachment';
  name: string;
  sha256: string;
  bytes: number;
}

/** A file of a channel: its record verbatim, before any patch, and what its bytes are. */
export interface RecordLine {
  kind: 'record';
  channel: string;
  /** The part of a source: a conda subdir, `pypi`, `cran:…`. */
  part: string;
  /** The file key (of Python `<project>/<file name>`). */
  file: string;
  /** The record's own text. */
  body: string;
  /** What was read beside it (run exports and the like), as text. */
  extra: string | null;
  /** Of conda: whether it stands under `v3`. */
  v3: boolean;
  /** What the upstream's document said under `signatures` of the file, as text. */
  signatures: string | null;
  sha256: string;
  bytes: number;
  /** What stands beside the file, by kind: blobs of the bundle. */
  companions: { kind: string; sha256: string; bytes: number }[];
}

/** A line of the base that is no more. */
export interface GoneLine {
  kind: 'gone';
  /** Of which kind it was, and its key. */
  of: ListingLine['kind'];
  key: string[];
}

/** The order of a listing: by kind, then by key. */
const kinds = ['channel', 'patch', 'reserved', 'mirror', 'attachment', 'record'] as const;

/** What tells a line from all others, in a form that {@link compareLineKeys} orders; of a `gone` line, that of the line it ends. */
export function lineKey(line: ContentsLine): string {
  return line.kind === 'gone' ? joined(line.of, line.key) : joined(line.kind, keyParts(line));
}

/** The key of a record's line. */
export function recordKey(channel: string, part: string, file: string): string {
  return joined('record', [channel, part, file]);
}

/** The `gone` line of a key. */
export function goneLine(key: string): GoneLine {
  const [kind, ...parts] = key.split('\0');
  return { kind: 'gone', of: kinds[Number(kind)]!, key: parts };
}

function joined(kind: ListingLine['kind'], parts: string[]): string {
  return [kinds.indexOf(kind), ...parts].join('\0');
}

function keyParts(line: ListingLine): string[] {
  switch (line.kind) {
    case 'channel':
      return [line.path];
    case 'patch':
      return [line.channel, line.subdir];
    case 'reserved':
      return [line.pattern];
    case 'mirror':
      return [line.channel, line.name];
    case 'attachment':
      return [line.name];
    case 'record':
      return [line.channel, line.part, line.file];
  }
}

/** Order two keys as their UTF-8 bytes are ordered, which is how Postgres orders them under "C". */
export function compareLineKeys(a: string, b: string): number {
  if (a === b) return 0;
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x !== y) return inUtf8(x) - inUtf8(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF and come last in UTF-8, though not in UTF-16. */
function inUtf8(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** A line as text, without its line break. Equal lines give equal texts. */
export function writeContentsLine(line: ContentsLine): string {
  switch (line.kind) {
    case 'channel': {
      const { path, types, privacy, description, filters, name_priority, layers } = line;
      return JSON.stringify({
        channel: path,
        types,
        privacy,
        description,
        filters: sorted(filters),
        name_priority,
        layers,
      });
    }
    case 'patch':
      return JSON.stringify({ patch: line.channel, subdir: line.subdir, instructions: line.instructions });
    case 'reserved':
      return JSON.stringify({ reserved: line.pattern, note: line.note });
    case 'mirror':
      return JSON.stringify({ mirror: line.name, of: line.channel, definition: sorted(line.definition) });
    case 'attachment':
      return JSON.stringify({ attachment: line.name, sha: line.sha256, bytes: line.bytes });
    case 'record':
      return JSON.stringify({
        c: line.channel,
        p: line.part,
        f: line.file,
        b: line.body,
        x: line.extra ?? undefined,
        v3: line.v3 || undefined,
        s: line.signatures ?? undefined,
        sha: line.sha256,
        bytes: line.bytes,
        companions: line.companions.length > 0 ? companionsObject(line) : undefined,
      });
    case 'gone':
      return JSON.stringify({ gone: line.of, key: line.key });
  }
}

function companionsObject({ companions }: RecordLine): JsonObject {
  const byKind = companions.toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
  // The digest first, as blobsOfRecordLine looks for it.
  return Object.fromEntries(byKind.map(({ kind, sha256, bytes }) => [kind, { sha: sha256, bytes }]));
}

function sorted<T extends JsonValue>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (!isJsonObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key]!)])) as T;
}

/**
 * Read a line of contents. Keys it does not know are refused: a later kind of bundle has another number in its manifest.
 *
 * @throws {FormatError} `bundle_contents`.
 */
export function readContentsLine(text: string): ContentsLine {
  const fields = parseJsonObject(text, 'A line of a bundle', 'bundle_contents');
  const line = lineOf(fields);
  if (line && writeContentsLine(line) === text) return line;
  throw new FormatError('bundle_contents', 'A line of this bundle is none that this Sluice knows: update it first.', {
    wanted: 'a channel, patch, reserved name, mirror, attachment, record or gone line',
    found: text.slice(0, 80),
  });
}

const blobMark = '"sha":"';
const blobOfLine = /"sha":"([0-9a-f]{64})","bytes":(\d+)/y;

/**
 * The blobs that a record's line names: the file, and what stands beside it. The text is not parsed, since listings have hundreds of
 * thousands of lines: within a JSON string no quote stands without a backslash, so these words are found only as keys.
 */
export function blobsOfRecordLine(text: string): { sha256: string; bytes: number }[] {
  const found: { sha256: string; bytes: number }[] = [];
  for (let at = text.indexOf(blobMark); at >= 0; at = text.indexOf(blobMark, at + 1)) {
    blobOfLine.lastIndex = at;
    const [, sha256, bytes] = blobOfLine.exec(text) ?? [];
    if (sha256 !== undefined) found.push({ sha256, bytes: Number(bytes) });
  }
  return found;
}

/** Whether a line is a record's. */
export function isRecordLine(text: string): boolean {
  return text.startsWith('{"c":');
}

function lineOf(fields: JsonObject): ContentsLine | undefined {
  const { c, channel, patch, reserved, mirror, attachment, gone } = fields;
  if (isText(c)) return recordOf(c, fields);
  if (isText(gone)) return goneOf(gone, fields);
  if (isText(channel)) return channelOf(channel, fields);
  if (isText(patch) && isText(fields.subdir) && isText(fields.instructions)) {
    return { kind: 'patch', channel: patch, subdir: fields.subdir, instructions: fields.instructions };
  }
  if (isText(reserved) && isText(fields.note)) return { kind: 'reserved', pattern: reserved, note: fields.note };
  if (isText(mirror) && isText(fields.of) && isJsonObject(fields.definition)) {
    return { kind: 'mirror', channel: fields.of, name: mirror, definition: fields.definition };
  }
  if (isText(attachment) && isAttachmentName(attachment) && isDigest(fields.sha) && isSize(fields.bytes)) {
    return { kind: 'attachment', name: attachment, sha256: fields.sha, bytes: fields.bytes };
  }
  return undefined;
}

function channelOf(path: string, fields: JsonObject): ChannelLine | undefined {
  const { types, privacy, description, filters, name_priority, layers } = fields;
  if (!isTexts(types) || !isTexts(layers) || !isText(privacy) || !isText(description)) return undefined;
  if (!isText(name_priority) || !isJsonObject(filters)) return undefined;
  return { kind: 'channel', path, types, privacy, description, filters, name_priority, layers };
}

function recordOf(channel: string, fields: JsonObject): RecordLine | undefined {
  const { p, f, b, x = null, v3 = false, s = null, sha, bytes, companions = {} } = fields;
  if (!isText(p) || !isText(f) || !isText(b) || !isDigest(sha) || !isSize(bytes)) return undefined;
  if (!(x === null || isText(x)) || !(s === null || isText(s)) || typeof v3 !== 'boolean') return undefined;
  if (!isJsonObject(companions)) return undefined;
  const beside: RecordLine['companions'] = [];
  for (const [kind, value] of Object.entries(companions)) {
    if (!isJsonObject(value) || !isDigest(value.sha) || !isSize(value.bytes)) return undefined;
    beside.push({ kind, sha256: value.sha, bytes: value.bytes });
  }
  return {
    kind: 'record',
    channel,
    part: p,
    file: f,
    body: b,
    extra: x,
    v3,
    signatures: s,
    sha256: sha,
    bytes,
    companions: beside,
  };
}

function goneOf(of: string, { key }: JsonObject): GoneLine | undefined {
  const kind = kinds.find((known) => known === of);
  return kind && isTexts(key) ? { kind: 'gone', of: kind, key } : undefined;
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string';
}

function isTexts(value: JsonValue | undefined): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

function isSize(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isDigest(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

import { parseJsonObject } from '../conda/json.ts';
import { FormatError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { partBodyAt, readTarHeader, tarBlock, tarHeader } from './tar.ts';

/**
 * What stands in the first kilobyte of each part of a bundle, signed. Digests are lower-case hex of SHA-256.
 */
export interface Manifest {
  /** Who signed it: the first 16 hex digits of the SHA-256 of the raw public key. */
  issuer: string;
  /** What belongs together; its bundles are counted by `serial`, from 1. */
  series: string;
  serial: number;
  /** The serial that a delta builds on; null: the bundle says everything. */
  base: number | null;
  /** From 1 to `parts`. */
  part: number;
  parts: number;
  /** Instant in whole seconds, `2026-11-21T20:33:35Z`; the same in all parts. */
  created: string;
  /** Digest of the listing that the far side has afterwards (`contents.ts`). */
  state: string;
  /** Digest of the member `contents.zst`, which part 1 holds. */
  contents: string;
  /** Digest of all bytes of this part after its first kilobyte. */
  body: string;
  /** Size of the whole file of this part. */
  bytes: number;
}

/** The member of each part that comes first. */
const manifestMember = 'manifest';

const SERIES = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const ISSUER = /^[0-9a-f]{16}$/;
const CREATED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** The most parts a bundle has. */
export const mostParts = 9999;

/** The highest serial of a series. */
const lastSerial = 9_999_999;

/** Whether a series may be called so: at most 32 of a-z, 0-9, `_` and `-`, so that the manifest fits its kilobyte. */
export function isSeriesName(name: string): boolean {
  return SERIES.test(name);
}

/** The line of a manifest that is signed: JSON, always in this order, without blanks. */
export function manifestLine(manifest: Manifest): string {
  const { issuer, series, serial, base, part, parts, created, state, contents, body, bytes } = manifest;
  return JSON.stringify({
    sluice: 1,
    issuer,
    series,
    serial,
    base,
    part,
    parts,
    created,
    state,
    contents,
    body,
    bytes,
  });
}

/**
 * The first kilobyte of a part: the tar header of `manifest`, its line, the signature of that line (ed25519, base64), line breaks.
 *
 * @throws {FormatError} `bundle_manifest` when it does not fit.
 */
export function writeManifest(line: string, signature: string): Uint8Array {
  const text = encodeUtf8(`${line}\n${signature}\n`);
  if (text.length > tarBlock) throw invalid(`at most ${tarBlock} bytes`, `${text.length}`);
  const head = new Uint8Array(partBodyAt).fill(10);
  head.set(tarHeader(manifestMember, tarBlock), 0);
  head.set(text, tarBlock);
  return head;
}

/** A manifest as it was found: its line and the signature are to be checked before anything of it is believed. */
export interface SignedManifest {
  manifest: Manifest;
  /** What the signature is of, as UTF-8. */
  line: string;
  /** Base64 of an ed25519 signature. */
  signature: string;
}

/**
 * Read the first kilobyte of a part.
 *
 * @throws {FormatError} `bundle_manifest` when it is not that of a bundle, or of a later kind of bundle.
 */
export function readManifest(head: Uint8Array): SignedManifest {
  if (head.length < partBodyAt) throw invalid(`${partBodyAt} bytes`, `${head.length}`);
  const header = head.subarray(0, tarBlock);
  const member = readMember(header);
  if (member?.name !== manifestMember || member.bytes !== tarBlock) {
    throw invalid(`a tar whose first member is "${manifestMember}"`, member?.name ?? 'the end of a tar');
  }
  if (tarHeader(manifestMember, tarBlock).some((byte, i) => byte !== header[i])) throw invalid('its header', 'another');
  const [line, signature, ...rest] = text(head.subarray(tarBlock, partBodyAt)).split('\n');
  if (!line || !signature || rest.some((more) => more !== '')) throw invalid('a line, its signature', 'other lines');
  // Of the last digit four bits say nothing: they must be none.
  if (!/^[A-Za-z0-9+/]{85}[AQgw]==$/.test(signature)) throw invalid('64 bytes as base64', 'another signature');
  const manifest = checked(parseJsonObject(line, 'The manifest of a bundle', 'bundle_manifest'));
  if (manifestLine(manifest) !== line) throw invalid('its fields in their order, and no others', 'another line');
  return { manifest, line, signature };
}

function checked(fields: Record<string, unknown>): Manifest {
  if (fields.sluice !== 1) throw invalid('"sluice": 1; a later Sluice may read it', String(fields.sluice));
  return {
    issuer: matching(fields, 'issuer', ISSUER),
    series: matching(fields, 'series', SERIES),
    serial: counted(fields, 'serial', lastSerial),
    base: fields.base === null ? null : counted(fields, 'base', lastSerial),
    part: counted(fields, 'part', counted(fields, 'parts', mostParts)),
    parts: counted(fields, 'parts', mostParts),
    created: matching(fields, 'created', CREATED),
    state: matching(fields, 'state', DIGEST),
    contents: matching(fields, 'contents', DIGEST),
    body: matching(fields, 'body', DIGEST),
    bytes: counted(fields, 'bytes', Number.MAX_SAFE_INTEGER),
  };
}

function matching(fields: Record<string, unknown>, name: string, pattern: RegExp): string {
  const value = fields[name];
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw invalid(`"${name}" like ${pattern.source}`, String(value).slice(0, 80));
}

function counted(fields: Record<string, unknown>, name: string, most: number): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(`"${name}" from 1 to ${most}`, String(value).slice(0, 80));
}

function readMember(header: Uint8Array) {
  try {
    return readTarHeader(header);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw invalid('a tar', 'something else');
  }
}

function text(bytes: Uint8Array): string {
  try {
    return decodeUtf8(bytes);
  } catch {
    throw invalid('UTF-8', 'other bytes');
  }
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError('bundle_manifest', 'This is no part of a bundle: check that the file is whole.', {
    wanted,
    found,
  });
}

import type { PackageType } from '@sluice/formats/package';
import { PolicyError } from '../errors.ts';
import { buildTexts } from './build-texts.ts';
import { licenceKey, licenceOfKey } from './builder.ts';
import type { Facts } from './facts.ts';
import { type PackedTexts, packedTexts, readTexts } from './packed-texts.ts';

declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}

/*
 * The columns of one subdir as bytes. Little-endian, since every machine we run on is:
 *
 *   u32 magic, u32 length of header, header (JSON: version, type, subdir, count, byte length of each section), sections.
 *
 * Each section starts at a multiple of 8, so that it can be viewed in place as a typed array.
 */
const magic = 0x43_4c_53_31;
const formatVersion = 5;

interface Header {
  version: number;
  type: PackageType;
  subdir: string;
  count: number;
  sections: number[];
}

/** Facts as bytes, for a blob: chunks to be written one after the other, and their sum. {@link decodeColumns} reads them. */
export function encodeColumns(facts: Facts): { chunks: Iterable<Uint8Array>; bytes: number } {
  const sections: ArrayBufferView[] = [
    ...textSections(dictionary(facts.names)),
    ...textSections(dictionary(facts.versions)),
    ...textSections(dictionary(facts.builds.words)),
    ...textSections(dictionary(facts.licences.map(licenceKey))),
    facts.name,
    facts.version,
    facts.buildNumber,
    facts.licence,
    facts.timestamp,
    facts.size,
    facts.sha256,
    facts.md5,
    facts.fromRev,
    facts.recordHash,
    facts.twin,
    facts.length,
    ...textSections(facts.files),
    facts.v3,
    ...textSections(dictionary(facts.pythons)),
    facts.python,
    facts.signed,
    facts.builds.ids,
  ];
  const header: Header = {
    version: formatVersion,
    type: facts.type,
    subdir: facts.subdir,
    count: facts.count,
    sections: sections.map(({ byteLength }) => byteLength),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + text.byteLength);
  const view = new DataView(head.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(4, text.byteLength, true);
  head.set(text, 8);
  const chunks = [head, ...sections].flatMap(padded);
  return { chunks, bytes: chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) };
}

function padded({ buffer, byteOffset, byteLength }: ArrayBufferView): [Uint8Array, Uint8Array] {
  return [new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(aligned(byteLength) - byteLength)];
}

/**
 * Read what {@link encodeColumns} wrote. The columns are views of `bytes` where its alignment allows.
 *
 * @throws {PolicyError} `columns_format` when the bytes are not such columns, or of another version. Build them anew.
 */
export function decodeColumns(bytes: Uint8Array): Facts {
  const held = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
  if (held.byteLength < 8 || view.getUint32(0, true) !== magic) throw notColumns('facts columns', 'other bytes');
  const headLength = view.getUint32(4, true);
  const header = readHeader(held.subarray(8, 8 + headLength));
  if (header.version !== formatVersion) throw notColumns(`version ${formatVersion}`, `version ${header.version}`);
  const starts: number[] = [];
  let at = aligned(8 + headLength);
  for (const length of header.sections) {
    starts.push(at);
    at += aligned(length);
  }
  if (at > held.byteLength) throw notColumns(`${at} bytes`, `${held.byteLength} bytes`);
  const offset = (section: number) => held.byteOffset + starts[section]!;
  const words = (section: number) => new Uint32Array(held.buffer, offset(section), header.sections[section]! / 4);
  const reals = (section: number) => new Float64Array(held.buffer, offset(section), header.sections[section]! / 8);
  const raw = (section: number) => new Uint8Array(held.buffer, offset(section), header.sections[section]!);
  const texts = (section: number) => readAll(raw(section), words(section + 1));
  const files = readTexts(raw(20), words(21));
  return {
    type: header.type,
    subdir: header.subdir,
    count: header.count,
    names: texts(0),
    versions: texts(2),
    builds: buildTexts(files, words(27), texts(4)),
    licences: texts(6).map(licenceOfKey),
    name: words(8),
    version: words(9),
    buildNumber: reals(10),
    licence: words(11),
    timestamp: reals(12),
    size: reals(13),
    sha256: raw(14),
    md5: raw(15),
    fromRev: words(16),
    recordHash: words(17),
    twin: new Int32Array(held.buffer, offset(18), header.count),
    length: words(19),
    v3: raw(22),
    signed: raw(26),
    pythons: texts(23),
    python: words(25),
    files,
    file: files.at,
  };
}

function readHeader(text: Uint8Array): Header {
  try {
    return JSON.parse(new TextDecoder().decode(text)) as Header;
  } catch {
    throw notColumns('a header', 'other bytes');
  }
}

function dictionary(texts: readonly string[]): PackedTexts {
  const packed = packedTexts();
  for (const text of texts) packed.add(text);
  return packed.pack();
}

function textSections({ bytes, offsets }: PackedTexts): [Uint8Array, Uint32Array] {
  return [bytes, offsets];
}

function readAll(bytes: Uint8Array, offsets: Uint32Array): string[] {
  const packed = readTexts(bytes, offsets);
  return Array.from({ length: offsets.length - 1 }, (_, i) => packed.at(i));
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}

function notColumns(wanted: string, found: string): PolicyError {
  return new PolicyError('columns_format', `These are not facts columns: wanted ${wanted}, found ${found}.`, {
    wanted,
    found,
  });
}

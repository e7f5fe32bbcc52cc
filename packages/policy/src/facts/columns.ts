import type { PackageType } from '@sluice/formats/package';
import { PolicyError } from '../errors.ts';
import { buildTexts } from './build-texts.ts';
import { licenceKey, licenceOfKey } from './builder.ts';
import { digestPieces, digestsIn } from './digests.ts';
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
 * Each section starts at a multiple of 8.
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
  const sections: Section[] = [
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
    digestPieces(facts.digests, 'sha256'),
    digestPieces(facts.digests, 'md5'),
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
    sections: sections.map(bytesOf),
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

/** A column, or what makes one, one behind the other. */
type Section = ArrayBufferView | readonly Uint8Array[];

function bytesOf(section: Section): number {
  return ArrayBuffer.isView(section) ? section.byteLength : section.reduce((sum, { length }) => sum + length, 0);
}

function padded(section: Section): Uint8Array[] {
  const pieces = ArrayBuffer.isView(section)
    ? [new Uint8Array(section.buffer, section.byteOffset, section.byteLength)]
    : section;
  const bytes = bytesOf(section);
  return [...pieces, new Uint8Array(aligned(bytes) - bytes)];
}

/**
 * Read what {@link encodeColumns} wrote, each chunk only until the next is asked for. Each column has memory of its own: who holds one does
 * not hold them all.
 *
 * @throws {PolicyError} `columns_format` when the bytes are not such columns, or of another version: build them anew. What the chunks
 *   throw, also behind the last column.
 */
export async function decodeColumns({ chunks, bytes }: ColumnBytes): Promise<Facts> {
  const reader = takeFrom(chunks);
  try {
    const { header, sections } = await readSections(reader.take, bytes);
    await reader.end();
    return factsIn(header, sections);
  } finally {
    await reader.close();
  }
}

/** The same; undefined when they must be built anew. */
export async function readColumns(from: ColumnBytes): Promise<Facts | undefined> {
  return decodeColumns(from).catch((error: unknown) => {
    if (error instanceof PolicyError && error.code === 'columns_format') return undefined;
    throw error;
  });
}

/** Columns as bytes, and how many. */
export interface ColumnBytes {
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  bytes: number;
}

/** Exactly so many bytes, in memory of their own. @throws {PolicyError} `columns_format` when there are fewer. */
type Take = (length: number) => Promise<Uint8Array<ArrayBuffer>>;

async function readSections(take: Take, bytes: number): Promise<{ header: Header; sections: ArrayBuffer[] }> {
  if (bytes < 8) throw notColumns('facts columns', 'fewer bytes');
  const view = new DataView((await take(8)).buffer);
  if (view.getUint32(0, true) !== magic) throw notColumns('facts columns', 'other bytes');
  const headLength = view.getUint32(4, true);
  const begin = aligned(8 + headLength);
  if (begin > bytes) throw notColumns(`${begin} bytes`, `${bytes} bytes`);
  const header = readHeader((await take(begin - 8)).subarray(0, headLength));
  if (header.version !== formatVersion) throw notColumns(`version ${formatVersion}`, `version ${header.version}`);
  const end = header.sections.reduce((sum, length) => sum + aligned(length), begin);
  if (end > bytes) throw notColumns(`${end} bytes`, `${bytes} bytes`);
  const sections: ArrayBuffer[] = [];
  for (const length of header.sections) {
    sections.push((await take(length)).buffer);
    await take(aligned(length) - length);
  }
  return { header, sections };
}

function takeFrom(chunks: ColumnBytes['chunks']) {
  const pieces = piecesOf(chunks);
  let rest: Uint8Array = new Uint8Array();
  const take: Take = async (length) => {
    const taken = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done) throw notColumns(`${length} bytes`, `${at} bytes`);
        rest = next.value;
      }
      const part = rest.subarray(0, length - at);
      taken.set(part, at);
      rest = rest.subarray(part.length);
      at += part.length;
    }
    return taken;
  };
  return {
    take,
    /** Whatever is wrong with the chunks may show at their end only. */
    async end(): Promise<void> {
      while (!(await pieces.next()).done);
    },
    close: () => pieces.return(undefined),
  };
}

async function* piecesOf(chunks: ColumnBytes['chunks']): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function factsIn(header: Header, sections: readonly ArrayBuffer[]): Facts {
  const words = (section: number) => new Uint32Array(sections[section]!);
  const reals = (section: number) => new Float64Array(sections[section]!);
  const raw = (section: number) => new Uint8Array(sections[section]!);
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
    digests: digestsIn([{ sha256: raw(14), md5: raw(15), from: 0, to: header.count }]),
    fromRev: words(16),
    recordHash: words(17),
    twin: new Int32Array(sections[18]!),
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
  let header: Header | null;
  try {
    header = JSON.parse(new TextDecoder().decode(text)) as Header | null;
  } catch {
    throw notColumns('a header', 'other bytes');
  }
  // It is believed before the end of the bytes shows whether they are sound.
  if (!header?.sections?.every?.((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw notColumns('a header with the lengths of its sections', 'another');
  }
  return header;
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

import { ArchiveError } from '../errors.ts';
import { type RandomAccess, readExactly } from '../random-access.ts';
import { type Directory, findDirectory } from './find-directory.ts';
import { corruptZip, mismatch } from './zip-errors.ts';
import { readZip64Numbers } from './zip64-numbers.ts';

const CENTRAL_SIGNATURE = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_BYTES = 30;
const DESCRIPTOR_SIGNATURE = 0x08074b50;

const FLAG_ENCRYPTED = 0x0001;
const FLAG_DESCRIPTOR = 0x0008;
/** How hard the encoder tried; of no meaning to a reader. */
const FLAG_EFFORT = 0x0006;

/** Who made the entry: then its attributes are those of Unix. */
const MADE_BY_UNIX = 3;

/** A second name for the member, which some readers prefer. */
const EXTRA_UNICODE_PATH = 0x7075;

/** One member of a zip. Sizes in bytes; `start` is where its (compressed) data begins; `method` 0 is stored, 8 deflated. */
export type ZipMember = {
  readonly name: string;
  readonly compressed: boolean;
  /** The number of the compression: 0 none, 8 deflate. */
  readonly method: number;
  readonly start: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly crc32: number;
};

/** What both headers of a member say of it. */
type Header = {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  readonly size: number;
};

/** A member as the directory describes it. `isLink`: its content is the path it leads to (Unix). */
export type CentralHeader = Header & { readonly offset: number; readonly isLink: boolean };

/**
 * The members of a zip, at most `maxMembers`, in the order of the directory.
 *
 * A zip says everything twice, and may hide bytes between. Here both must agree and the members must lie end to end from the first
 * byte to the directory, so that a reader that walks the file and one that asks the directory find the same.
 *
 * Own code: yauzl reads the directory only, does not compare the local headers, lets bytes lie between, and names its reasons in
 * prose only. Comparing needs all of its parts again.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `encrypted`, `too_many_entries`,
 * `zip_local_central_mismatch`.
 * @see PKWARE APPNOTE 6.3.10
 */
export async function readZipMembers(access: RandomAccess, maxMembers: number): Promise<ZipMember[]> {
  const { directory, central } = await readDirectory(access, maxMembers);
  const inOrder = [...central].sort((one, other) => one.offset - other.offset);
  const starts = new Map<CentralHeader, number>();
  let expected = 0;
  for (const [index, header] of inOrder.entries()) {
    const name = header.name.toString();
    if (header.offset !== expected)
      throw mismatch(name, `begins at byte ${expected}`, `begins at byte ${header.offset}`);
    const start = await checkLocal(access, header);
    starts.set(header, start);
    const next = inOrder[index + 1]?.offset ?? directory.start;
    expected = await checkDescriptor(access, header, start + header.compressedSize, next);
  }
  if (expected !== directory.start)
    throw mismatch('', `directory at byte ${expected}`, `directory at byte ${directory.start}`);
  return central.map((header) => toMember(header, starts.get(header)!));
}

/**
 * The members of that name, read by the directory alone: cheap over HTTP ranges, and no more than what a client sees that does the
 * same. Everything else of the zip goes unseen.
 *
 * @throws {ArchiveError} as {@link readZipMembers}.
 */
export async function findZipMembers(
  access: RandomAccess,
  maxMembers: number,
  wants: (name: string) => boolean,
): Promise<ZipMember[]> {
  const { central } = await readDirectory(access, maxMembers);
  const found: ZipMember[] = [];
  for (const header of central) {
    if (wants(header.name.toString())) found.push(toMember(header, await checkLocal(access, header)));
  }
  return found;
}

/**
 * What the directory says of its members, in its order; nothing else is read.
 *
 * @throws {ArchiveError} as {@link readZipMembers}.
 */
export async function readZipDirectory(
  access: RandomAccess,
  most: { members: number; directoryBytes: number },
): Promise<readonly CentralHeader[]> {
  return (await readDirectory(access, most.members, most.directoryBytes)).central;
}

/** Where a member of the directory lies, its own header compared. @throws {ArchiveError} as {@link readZipMembers}. */
export async function locateZipMember(access: RandomAccess, header: CentralHeader): Promise<ZipMember> {
  return toMember(header, await checkLocal(access, header));
}

function toMember(header: CentralHeader, start: number): ZipMember {
  return {
    name: header.name.toString(),
    compressed: header.method !== 0,
    method: header.method,
    start,
    compressedSize: header.compressedSize,
    size: header.size,
    crc32: header.crc32,
  };
}

async function readDirectory(
  access: RandomAccess,
  maxMembers: number,
  maxBytes?: number,
): Promise<{ directory: Directory; central: CentralHeader[] }> {
  const directory = await findDirectory(access, maxBytes);
  if (directory.entries > maxMembers) {
    throw new ArchiveError('too_many_entries', `The zip has ${directory.entries} members. Build the package again.`, {
      wanted: `at most ${maxMembers}`,
      found: directory.entries,
    });
  }
  return { directory, central: await readCentral(access, directory) };
}

async function readCentral(access: RandomAccess, directory: Directory): Promise<CentralHeader[]> {
  const bytes = await readExactly(access, directory.start, directory.bytes);
  if (bytes === undefined) throw corruptZip('a directory outside the file');
  const headers: CentralHeader[] = [];
  let at = 0;
  for (let entry = 0; entry < directory.entries; entry++) {
    if (at + CENTRAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== CENTRAL_SIGNATURE)
      throw corruptZip('a damaged directory');
    const nameEnd = at + CENTRAL_BYTES + bytes.readUInt16LE(at + 28);
    const extraEnd = nameEnd + bytes.readUInt16LE(at + 30);
    const end = extraEnd + bytes.readUInt16LE(at + 32);
    if (end > bytes.length) throw corruptZip('a damaged directory');
    const name = bytes.subarray(at + CENTRAL_BYTES, nameEnd);
    const flags = bytes.readUInt16LE(at + 8);
    if ((flags & FLAG_ENCRYPTED) !== 0) throw encrypted(name.toString());
    const [size, compressedSize, offset] = readZip64Numbers(
      [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)],
      readExtra(bytes.subarray(nameEnd, extraEnd), name),
    ) as [number, number, number];
    headers.push({
      name,
      flags,
      method: bytes.readUInt16LE(at + 10),
      crc32: bytes.readUInt32LE(at + 16),
      compressedSize,
      size,
      offset,
      isLink: bytes[at + 5] === MADE_BY_UNIX && (bytes.readUInt16LE(at + 40) & 0xf000) === 0xa000,
    });
    at = end;
  }
  if (at !== bytes.length) throw corruptZip('a directory longer than its entries');
  return headers;
}

/** The local header must say what the directory says. Returns where the data begins. */
async function checkLocal(access: RandomAccess, central: CentralHeader): Promise<number> {
  const entry = central.name.toString();
  const fixed = await readExactly(access, central.offset, LOCAL_BYTES);
  if (fixed?.readUInt32LE(0) !== LOCAL_SIGNATURE) throw corruptZip('a member without its header', entry);
  const nameBytes = fixed.readUInt16LE(26);
  const rest = await readExactly(access, central.offset + LOCAL_BYTES, nameBytes + fixed.readUInt16LE(28));
  if (rest === undefined) throw corruptZip('a member outside the file', entry);
  const name = rest.subarray(0, nameBytes);
  if (!name.equals(central.name)) throw mismatch(entry, `named "${entry}"`, `named "${name}"`);
  const [size, compressedSize] = readZip64Numbers(
    [fixed.readUInt32LE(22), fixed.readUInt32LE(18)],
    readExtra(rest.subarray(nameBytes), name),
  ) as [number, number];
  const local = {
    flags: fixed.readUInt16LE(6),
    method: fixed.readUInt16LE(8),
    crc32: fixed.readUInt32LE(14),
    size,
    compressedSize,
  };

  const later = (central.flags & FLAG_DESCRIPTOR) !== 0;
  const differing = (['crc32', 'compressedSize', 'size'] as const).find(
    (key) => local[key] !== central[key] && !(later && local[key] === 0),
  );
  if (differing !== undefined)
    throw mismatch(entry, `${differing} ${central[differing]}`, `${differing} ${local[differing]}`);
  if (local.method !== central.method) throw mismatch(entry, `method ${central.method}`, `method ${local.method}`);
  if ((local.flags & ~FLAG_EFFORT) !== (central.flags & ~FLAG_EFFORT)) {
    throw mismatch(entry, `flags ${central.flags}`, `flags ${local.flags}`);
  }
  return central.offset + LOCAL_BYTES + rest.length;
}

/** Where sizes were not known in advance they follow the data; they too must agree. Returns where the member ends. */
async function checkDescriptor(access: RandomAccess, header: Header, dataEnd: number, next: number): Promise<number> {
  const length = next - dataEnd;
  if ((header.flags & FLAG_DESCRIPTOR) === 0 || length === 0) return dataEnd;
  const entry = header.name.toString();
  // With or without a signature, with numbers of 4 or of 8 bytes.
  if (![12, 16, 20, 24].includes(length))
    throw mismatch(entry, 'sizes right after the data', `${length} bytes after the data`);
  const bytes = await readExactly(access, dataEnd, length);
  if (bytes === undefined) throw corruptZip('a member outside the file', entry);
  const signed = length === 16 || length === 24;
  const at = signed ? 4 : 0;
  const wide = length >= 20;
  const number = (place: number) => (wide ? Number(bytes.readBigUInt64LE(place)) : bytes.readUInt32LE(place));
  const agrees =
    (!signed || bytes.readUInt32LE(0) === DESCRIPTOR_SIGNATURE) &&
    bytes.readUInt32LE(at) === header.crc32 &&
    number(at + 4) === header.compressedSize &&
    number(at + (wide ? 12 : 8)) === header.size;
  if (!agrees) throw mismatch(entry, 'the sizes of the directory after the data', 'others');
  return next;
}

/** The zip64 field of a header's extra data. @throws {ArchiveError} when there is a second name, or the fields overrun. */
function readExtra(extra: Buffer, name: Buffer): Buffer | undefined {
  let zip64: Buffer | undefined;
  for (let at = 0; at < extra.length; ) {
    const end = at + 4 + (at + 4 <= extra.length ? extra.readUInt16LE(at + 2) : 0);
    if (end > extra.length) throw corruptZip('a damaged extra field', name.toString());
    const id = extra.readUInt16LE(at);
    if (id === EXTRA_UNICODE_PATH) throw mismatch(name.toString(), 'one name', 'a second one');
    if (id === 1 && zip64 !== undefined) throw mismatch(name.toString(), 'one set of sizes', 'two');
    if (id === 1) zip64 = extra.subarray(at + 4, end);
    at = end;
  }
  return zip64;
}

function encrypted(entry: string): ArchiveError {
  return new ArchiveError(
    'encrypted',
    `"${entry.slice(0, 200)}" is encrypted: upload the package without a password.`,
    {
      entry,
      wanted: 'a plain member',
      found: 'an encrypted one',
    },
  );
}

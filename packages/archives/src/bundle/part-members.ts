import {
  partBodyAt,
  readMemberName,
  readTarHeader,
  tarBlock,
  tarEnd,
  tarHeader,
  tarMemberBytes,
  tarPadding,
} from '@sluice/formats/bundle';
import { type RandomAccess, readExactly, readRange } from '../random-access.ts';
import { asBundleError, bundleError } from './bundle-errors.ts';

/** A member of a part: what its name says it holds, its size, and where its bytes begin in the file. */
export interface BundleMember {
  holds: NonNullable<ReturnType<typeof readMemberName>>;
  name: string;
  bytes: number;
  start: number;
}

/** No bundle has more in one part. */
const mostMembers = 4_000_000;

/**
 * The members of a part after its manifest, in order, by their headers alone. All that stands around their contents must be to
 * the byte what Sluice writes, so that contents with right digests make a right part.
 *
 * @throws {ArchiveError} `bundle_tampered`, `bundle_malformed`, `bundle_cut`.
 */
export async function bundleMembers(path: string, access: RandomAccess): Promise<BundleMember[]> {
  const members: BundleMember[] = [];
  const window = headerWindow(access);
  let at = partBodyAt;
  for (;;) {
    const header = await window(at, tarBlock);
    if (!header) throw bundleError('bundle_cut', path, { wanted: 'the end of the part', found: 'the end of the file' });
    const member = readHeader(path, header);
    if (!member) break;
    const { name, bytes } = member;
    const holds = readMemberName(name);
    if (!holds) throw bundleError('bundle_malformed', path, { wanted: 'a blob or an attachment', found: name });
    if (Buffer.compare(tarHeader(name, bytes), header) !== 0) throw odd(path, `another header of ${name}`);
    const start = at + tarBlock;
    const padding = tarPadding(bytes);
    if (padding > 0 && !isZero(await window(start + bytes, padding), padding)) throw odd(path, `bytes after ${name}`);
    members.push({ holds, name, bytes, start });
    if (members.length > mostMembers)
      throw bundleError('bundle_malformed', path, { wanted: mostMembers, found: 'more' });
    at += tarMemberBytes(bytes);
  }
  const end = await window(at, tarEnd.length);
  if (!isZero(end, tarEnd.length) || at + tarEnd.length !== access.size) throw odd(path, 'something at its end');
  return members;
}

/** The contents of one member; each piece is lent until the next. */
export function memberContent(access: RandomAccess, { start, bytes }: BundleMember): AsyncGenerator<Uint8Array> {
  return readRange(access, start, start + bytes);
}

/** What a body is made of beside the contents of its members: before one, after it, and at the end of all. */
export const bodyPieces = {
  before: ({ name, bytes }: BundleMember) => tarHeader(name, bytes),
  after: ({ bytes }: BundleMember) => new Uint8Array(tarPadding(bytes)),
  end: tarEnd,
};

/** Reads small pieces: headers of small members stand close together. */
function headerWindow(access: RandomAccess) {
  const windowBytes = 16 * 1024;
  let held: Buffer = Buffer.alloc(0);
  let heldAt = 0;
  return async (at: number, length: number): Promise<Buffer | undefined> => {
    if (at < heldAt || at + length > heldAt + held.length) {
      const wanted = Math.min(Math.max(length, windowBytes), Math.max(0, access.size - at));
      held = (await readExactly(access, at, wanted)) ?? Buffer.alloc(0);
      heldAt = at;
    }
    const found = held.subarray(at - heldAt, at - heldAt + length);
    return found.length === length ? found : undefined;
  };
}

function readHeader(path: string, header: Uint8Array) {
  try {
    return readTarHeader(header);
  } catch (error) {
    throw asBundleError(path, error);
  }
}

function isZero(bytes: Uint8Array | undefined, length: number): boolean {
  return bytes !== undefined && bytes.length === length && bytes.every((byte) => byte === 0);
}

function odd(path: string, found: string) {
  return bundleError('bundle_tampered', path, { wanted: 'what Sluice writes', found });
}

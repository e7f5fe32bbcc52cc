import { ArchiveError } from '../errors.ts';
import { type RandomAccess, readExactly } from '../random-access.ts';
import { corruptZip, mismatch } from './zip-errors.ts';

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const LOCATOR_SIGNATURE = 0x07064b50;
const LOCATOR_BYTES = 20;
const END64_SIGNATURE = 0x06064b50;
const END64_BYTES = 56;

const IN_END64_SHORT = 0xffff;
const IN_END64 = 0xffffffff;

/** Directories are read into memory; a hundred thousand members need some 10 MB. */
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;

/** The directory of a zip: `bytes` from `start`, with so many entries. */
export type Directory = { readonly start: number; readonly bytes: number; readonly entries: number };

/**
 * Find the directory of a zip. It must end where its end record begins, and that must be the end of the file: no comment, nothing after.
 *
 * @throws {ArchiveError} `not_an_archive`, `truncated`, `corrupt`, `trailing_garbage`, `zip_local_central_mismatch`.
 */
export async function findDirectory(access: RandomAccess, maxBytes = MAX_DIRECTORY_BYTES): Promise<Directory> {
  const endAt = access.size - END_BYTES;
  const end = endAt >= 0 ? await readExactly(access, endAt, END_BYTES) : undefined;
  if (end === undefined || end.readUInt32LE(0) !== END_SIGNATURE || end.readUInt16LE(20) !== 0)
    throw await withoutEnd(access);
  if (end.readUInt16LE(4) !== 0 || end.readUInt16LE(6) !== 0 || end.readUInt16LE(8) !== end.readUInt16LE(10)) {
    throw corruptZip('a part of a zip in several parts');
  }
  const small = { entries: end.readUInt16LE(10), bytes: end.readUInt32LE(12), start: end.readUInt32LE(16) };

  const locatorAt = endAt - LOCATOR_BYTES;
  const locator = locatorAt >= 0 ? await readExactly(access, locatorAt, LOCATOR_BYTES) : undefined;
  const large =
    locator?.readUInt32LE(0) === LOCATOR_SIGNATURE ? await readEnd64(access, locator, locatorAt) : undefined;
  const directory = large ?? small;
  if (large !== undefined) {
    const agree =
      (small.entries === large.entries || small.entries === IN_END64_SHORT) &&
      (small.bytes === large.bytes || small.bytes === IN_END64) &&
      (small.start === large.start || small.start === IN_END64);
    if (!agree) throw mismatch('', 'one directory', 'two end records that differ');
  }
  const directoryEnd = large === undefined ? endAt : locatorAt - END64_BYTES;
  if (directory.start + directory.bytes !== directoryEnd) {
    throw mismatch(
      '',
      `a directory that ends at byte ${directoryEnd}`,
      `one that ends at ${directory.start + directory.bytes}`,
    );
  }
  if (directory.bytes > maxBytes) throw corruptZip(`a directory of ${directory.bytes} bytes`);
  return directory;
}

async function readEnd64(access: RandomAccess, locator: Buffer, locatorAt: number): Promise<Directory> {
  const at = locatorAt - END64_BYTES;
  const record =
    at >= 0 && locator.readBigUInt64LE(8) === BigInt(at) ? await readExactly(access, at, END64_BYTES) : undefined;
  const whole =
    record !== undefined &&
    record.readUInt32LE(0) === END64_SIGNATURE &&
    record.readBigUInt64LE(4) === BigInt(END64_BYTES - 12) &&
    record.readBigUInt64LE(24) === record.readBigUInt64LE(32);
  if (!whole) throw corruptZip('a damaged end record');
  const [entries, bytes, start] = [32, 40, 48].map((field) => Number(record.readBigUInt64LE(field))) as [
    number,
    number,
    number,
  ];
  return { entries, bytes, start };
}

/** Why there is no end record where it must be. */
async function withoutEnd(access: RandomAccess): Promise<ArchiveError> {
  const head = (await readExactly(access, 0, Math.min(access.size, 64))) ?? Buffer.alloc(0);
  if (head.toString('latin1', 0, 4) !== 'PK\x03\x04') {
    return new ArchiveError(
      'not_an_archive',
      'This is no zip file. If a web page was saved instead, fetch the package again.',
      {
        wanted: 'a zip file',
        found:
          head.length === 0
            ? 'an empty file'
            : `a file that begins with ${JSON.stringify(head.toString('latin1', 0, 16))}`,
      },
    );
  }
  const tailBytes = Math.min(access.size, END_BYTES + 0xffff);
  const tail = (await readExactly(access, access.size - tailBytes, tailBytes)) ?? Buffer.alloc(0);
  if (tail.includes(Buffer.from('PK\x05\x06', 'latin1'))) {
    return new ArchiveError(
      'trailing_garbage',
      'Something follows the end of the zip. Upload the file as the build tool wrote it.',
      {
        wanted: 'end of file after the end record, without a comment',
        found: 'more bytes',
      },
    );
  }
  return new ArchiveError('truncated', 'The zip ends before its directory. Fetch or upload the file again.', {
    wanted: 'the end record of the zip',
    found: 'end of file',
  });
}

import { ArchiveError } from '../errors.ts';

/** Tar works in blocks of this size. */
export const BLOCK_BYTES = 512;

/** A header block as it stands, before extended headers are applied. `type` is the type flag's character, `'0'` for NUL. */
export type TarHeader = {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly linkName: string;
};

const NUL = 0;
const SPACE = 0x20;

/**
 * Read a header block that is not all zeros: POSIX, GNU or the old format without a magic.
 *
 * @throws {ArchiveError} `not_an_archive` (wrong checksum in the first block), `corrupt`.
 * @see POSIX.1-2024 pax, "ustar Interchange Format"
 */
export function readHeader(block: Buffer, first: boolean): TarHeader {
  if (!checksumFits(block)) {
    if (first)
      throw new ArchiveError('not_an_archive', 'This is no tar archive.', {
        wanted: 'a tar header',
        found: 'other bytes',
      });
    throw corruptTar('a header with a wrong checksum');
  }
  const name = text(block, 0, 100);
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  // Others than POSIX keep times here, and readers disagree on whether it is part of the name.
  const prefix = text(block, 345, 155);
  if (prefix !== '' && !posix) throw corruptTar('a name in two parts outside the POSIX format', name);
  const flag = block[156]!;
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: flag === NUL ? '0' : String.fromCharCode(flag),
    size: number(block, 124, 12, name),
    linkName: text(block, 157, 100),
  };
}

/** A tar that readers would take for different things, or that none could read. */
export function corruptTar(found: string, entry?: string): ArchiveError {
  const where = entry === undefined ? '' : ` at "${entry.slice(0, 200)}"`;
  return new ArchiveError('corrupt', `The tar is damaged or ambiguous${where}: ${found}. Build the package again.`, {
    wanted: 'a plain tar',
    found,
    ...(entry === undefined ? {} : { entry }),
  });
}

/** The sum of all bytes, the checksum field counted as spaces. Some old writers summed signed bytes. */
function checksumFits(block: Buffer): boolean {
  let unsigned = 8 * SPACE;
  let signed = 8 * SPACE;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    if (at === 148) at = 156;
    const byte = block[at]!;
    unsigned += byte;
    signed += byte < 128 ? byte : byte - 256;
  }
  const written = octal(block.toString('latin1', 148, 156));
  return written !== undefined && (written === unsigned || written === signed);
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(NUL, at);
  return block.toString('utf8', at, end === -1 || end > at + length ? at + length : end);
}

/** Octal digits, or 256-based with the top bit set (GNU, for more than 8 GiB). */
function number(block: Buffer, at: number, length: number, entry: string): number {
  const lead = block[at]!;
  if ((lead & 0x80) === 0) {
    const value = octal(block.toString('latin1', at, at + length));
    if (value === undefined) throw corruptTar('a size that is no number', entry);
    return value;
  }
  let value = lead & 0x7f;
  for (let index = at + 1; index < at + length; index++) value = value * 256 + block[index]!;
  if (!Number.isSafeInteger(value)) throw corruptTar('a size that is negative or beyond all files', entry);
  return value;
}

function octal(field: string): number | undefined {
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field)?.[1];
  return digits === undefined ? undefined : digits === '' ? 0 : Number.parseInt(digits, 8);
}

import { FormatError } from '../errors.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';

/** Bytes of a block of a tar: headers are one, bodies are filled up to whole ones. */
export const tarBlock = 512;

/** Where a part goes on after its manifest: from here on its digest counts. */
export const partBodyAt = 2 * tarBlock;

/** What ends a tar: two blocks of zeros. */
export const tarEnd: Uint8Array = new Uint8Array(2 * tarBlock);

/** The zeros after a body of so many bytes. */
export function tarPadding(bytes: number): number {
  return (tarBlock - (bytes % tarBlock)) % tarBlock;
}

/** What a member of so many bytes takes, header and padding included. */
export function tarMemberBytes(bytes: number): number {
  return tarBlock + bytes + tarPadding(bytes);
}

/** A member of a tar: a plain file. */
export interface TarMember {
  name: string;
  bytes: number;
}

/** The largest size that eleven octal digits hold; above it, the size stands in base 256, as GNU tar has it. */
const octalLimit = 8 ** 11;

/**
 * The header of a plain file as POSIX ustar has it, always the same for the same name and size: mode 0644, owner 0, time 0.
 *
 * @param name at most 100 bytes.
 */
export function tarHeader(name: string, bytes: number): Uint8Array {
  const header = new Uint8Array(tarBlock);
  const put = (at: number, text: string) => header.set(encodeUtf8(text), at);
  if (encodeUtf8(name).length > 100) throw invalid('a name of at most 100 bytes', name);
  put(0, name);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  if (bytes < octalLimit) put(124, `${bytes.toString(8).padStart(11, '0')}\0`);
  else {
    header[124] = 0x80;
    for (let at = 135, rest = bytes; rest > 0; at--, rest = Math.floor(rest / 256)) header[at] = rest % 256;
  }
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  put(148, `${sumOf(header).toString(8).padStart(6, '0')}\0 `);
  return header;
}

/**
 * Read a header of a tar that this room wrote; undefined for a block of zeros, the end.
 *
 * @throws {FormatError} `bundle_tar` for a wrong sum, and for all that is no plain file with a short name.
 */
export function readTarHeader(header: Uint8Array): TarMember | undefined {
  if (header.length !== tarBlock) throw invalid('a block of 512 bytes', `${header.length} bytes`);
  if (header.every((byte) => byte === 0)) return undefined;
  // Not slice(): that of a Node Buffer is the same memory.
  const summed = new Uint8Array(header);
  summed.fill(32, 148, 156);
  if (octal(header.subarray(148, 156)) !== sumOf(summed)) throw invalid('a header with its sum', 'another sum');
  if (header[156] !== 0x30) throw invalid('plain files', `a member of type ${header[156]}`);
  const name = field(header.subarray(0, 100));
  if (name === '' || header[345] !== 0) throw invalid('a name of at most 100 bytes', 'none, or a longer one');
  return { name, bytes: header[124] === 0x80 ? base256(header.subarray(125, 136)) : octal(header.subarray(124, 136)) };
}

function sumOf(header: Uint8Array): number {
  let sum = 0;
  for (const byte of header) sum += byte;
  return sum;
}

function field(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  try {
    return decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    throw invalid('text in UTF-8', 'other bytes');
  }
}

function octal(bytes: Uint8Array): number {
  const digits = field(bytes).trim();
  if (!/^[0-7]+$/.test(digits)) throw invalid('octal digits', digits);
  return Number.parseInt(digits, 8);
}

function base256(bytes: Uint8Array): number {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw invalid('a size below 8 PiB', String(value));
  return value;
}

function invalid(wanted: string, found: string): FormatError {
  return new FormatError('bundle_tar', 'This part of a bundle is no tar as Sluice writes it: check that it is whole.', {
    wanted,
    found,
  });
}

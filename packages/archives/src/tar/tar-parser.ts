import { ArchiveError } from '../errors.ts';
import { type ContentSink, gatherContent } from './content-sink.ts';
import { BLOCK_BYTES, corruptTar, readHeader, type TarHeader } from './read-header.ts';
import { type PaxRecords, readPax } from './read-pax.ts';
import type { TarEntry, TarEntryKind } from './tar-entry.ts';

/** Long names and extended headers are read into memory up to this; real ones stay under a few kilobytes. */
const MAX_EXTENSION_BYTES = 1024 * 1024;
/** The greatest size that fits the octal field; pax gives the size of larger files. */
const MAX_OCTAL_SIZE = 0o77777777777;

/** Called for every entry in turn; may refuse it by throwing, or return a sink for its content. */
export type EntryVisitor = (entry: TarEntry) => ContentSink | undefined;

/** Takes a tar in pieces of any size, without keeping them. */
export type TarParser = {
  /** @throws {ArchiveError} `not_an_archive`, `corrupt`, `trailing_garbage`, `device_entry`, `entry_unsupported`, or what the visitor throws. */
  push(piece: Uint8Array): void;
  /** Pass over what follows as far as nobody reads it: content without a sink, and padding. Returns how many bytes; the next push is what comes after. */
  skip(): number;
  /** No more bytes come. @throws {ArchiveError} `truncated`, `not_an_archive` (nothing came at all). */
  end(): void;
};

/**
 * A tar reader that refuses whatever readers understand differently, for what it reports must be what every client will unpack.
 *
 * Own code: tar-stream passes over pax headers it cannot parse, ignores global ones (Python applies their path to every entry),
 * reads on after the end mark, and drops sizes that Python and Rust read differently. Each would let a package show one
 * info/index.json here and another one to the client. It also costs two streams an entry, of which there may be 300,000.
 */
export function createTarParser(visit: EntryVisitor): TarParser {
  const block = Buffer.alloc(BLOCK_BYTES);
  let gathered = 0;
  let first = true;
  let ended = false;

  let sink: ContentSink | undefined;
  // Content of the current entry still to come, then padding up to the next block.
  let left = 0;
  let padding = 0;

  let longName: string | undefined;
  let longTarget: string | undefined;
  let pax: PaxRecords | undefined;

  function extension(header: TarHeader, use: (body: Buffer) => void): ContentSink {
    if (header.size > MAX_EXTENSION_BYTES) throw corruptTar(`an extended header of ${header.size} bytes`);
    return gatherContent(header.size, use);
  }

  function onHeader(header: TarHeader): void {
    let size = header.size;
    if (header.type === 'L' || header.type === 'K' || header.type === 'x') {
      sink = extension(header, (body) => {
        if (header.type === 'L' && longName === undefined) longName = cString(body);
        else if (header.type === 'K' && longTarget === undefined) longTarget = cString(body);
        else if (header.type === 'x' && pax === undefined) pax = readPax(body);
        else throw corruptTar('two extended headers of one kind for one entry');
      });
    } else if (header.type === 'g') {
      sink = extension(header, (body) => {
        if (Object.keys(readPax(body)).length > 0) throw corruptTar('a path or size for all entries at once');
      });
    } else {
      const entry = toEntry(header);
      size = entry.size;
      sink = visit(entry);
    }
    left = size;
    padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    if (left === 0) onContentEnd();
  }

  function toEntry(header: TarHeader): TarEntry {
    if (
      (pax?.path !== undefined && longName !== undefined) ||
      (pax?.linkPath !== undefined && longTarget !== undefined)
    ) {
      throw corruptTar('two long names for one entry', header.name);
    }
    const path = pax?.path ?? longName ?? header.name;
    const target = pax?.linkPath ?? longTarget ?? header.linkName;
    const size = pax?.size ?? header.size;
    // Readers that know no pax would take the header's size; it may differ only where it could not hold the number.
    if (size !== header.size && size <= MAX_OCTAL_SIZE) throw corruptTar('two sizes for one entry', path);
    longName = longTarget = pax = undefined;

    const kind = kindOf(header.type, path);
    if (kind !== 'file' && size !== 0) throw corruptTar(`a ${kind} with content`, path);
    return kind === 'symlink' || kind === 'hardlink' ? { path, kind, size, target } : { path, kind, size };
  }

  function onContentEnd(): void {
    sink?.end();
    sink = undefined;
  }

  function onBlock(): void {
    if (isZero(block)) {
      if (longName !== undefined || longTarget !== undefined || pax !== undefined) {
        throw corruptTar('an extended header without its entry');
      }
      ended = true;
    } else {
      if (ended) throw trailingGarbage();
      onHeader(readHeader(block, first));
    }
    first = false;
  }

  return {
    push(piece) {
      let at = 0;
      while (at < piece.byteLength) {
        const here = piece.byteLength - at;
        if (left > 0) {
          const step = Math.min(left, here);
          sink?.write(piece.subarray(at, at + step));
          left -= step;
          at += step;
          if (left === 0) onContentEnd();
        } else if (padding > 0) {
          const step = Math.min(padding, here);
          padding -= step;
          at += step;
        } else {
          const step = Math.min(BLOCK_BYTES - gathered, here);
          block.set(piece.subarray(at, at + step), gathered);
          gathered += step;
          at += step;
          if (gathered < BLOCK_BYTES) continue;
          gathered = 0;
          onBlock();
        }
      }
    },
    skip() {
      const content = sink === undefined ? left : 0;
      const bytes = left > content ? 0 : content + padding;
      if (bytes === 0) return 0;
      if (left > 0) onContentEnd();
      left = padding = 0;
      return bytes;
    },
    end() {
      // Some writers leave out the end mark; then the archive ends after an entry, its padding included.
      const pending = longName !== undefined || longTarget !== undefined || pax !== undefined;
      if (left > 0 || padding > 0 || pending || (gathered > 0 && !ended)) {
        throw new ArchiveError('truncated', 'The tar ends inside an entry. Fetch or upload the file again.', {
          wanted: 'the rest of the entry',
          found: 'end of data',
        });
      }
      if (ended && gathered > 0 && !isZero(block.subarray(0, gathered))) throw trailingGarbage();
      if (first)
        throw new ArchiveError('not_an_archive', 'The tar is empty.', { wanted: 'a tar header', found: 'nothing' });
    },
  };
}

function kindOf(type: string, path: string): TarEntryKind {
  switch (type) {
    case '0':
    case '7':
      // Before POSIX a directory was a file whose name ends so.
      return path.endsWith('/') ? 'directory' : 'file';
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '5':
      return 'directory';
    case '3':
    case '4':
    case '6':
      throw new ArchiveError(
        'device_entry',
        `"${path.slice(0, 200)}" is a device or a pipe: a package holds files and links only.`,
        {
          entry: path,
          wanted: 'a file, directory or link',
          found: type === '6' ? 'a pipe' : 'a device',
        },
      );
    default:
      throw new ArchiveError(
        'entry_unsupported',
        `"${path.slice(0, 200)}" is of a kind that clients unpack differently.`,
        {
          entry: path,
          wanted: 'a file, directory or link',
          found: `tar type ${JSON.stringify(type)}`,
        },
      );
  }
}

function cString(body: Buffer): string {
  const end = body.indexOf(0);
  return body.toString('utf8', 0, end === -1 ? body.length : end);
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

function trailingGarbage(): ArchiveError {
  return new ArchiveError('trailing_garbage', 'Something follows the end of the tar. Build the package again.', {
    wanted: 'zeros',
    found: 'other bytes',
  });
}

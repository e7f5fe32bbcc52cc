import { corruptTar } from './read-header.ts';

/** What a pax header may change of the entry after it. Times, owners and vendors' keys are read and dropped. */
export type PaxRecords = { readonly path?: string; readonly linkPath?: string; readonly size?: number };

const COUNT_DIGITS = 8;

/**
 * Read the records of a pax header: `<length> <key>=<value>\n`, where the length counts the whole record.
 *
 * Strict, because readers differ on what is not: a wrong length, a key given twice, NUL in a path, sparse files.
 *
 * @throws {ArchiveError} `corrupt`.
 * @see POSIX.1-2024 pax, "pax Extended Header"
 */
export function readPax(body: Buffer): PaxRecords {
  const records = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const space = body.indexOf(' ', at);
    const count = space === -1 || space - at > COUNT_DIGITS ? '' : body.toString('latin1', at, space);
    const end = at + Number(count);
    if (!/^[1-9][0-9]*$/.test(count) || end > body.length || end <= space || body[end - 1] !== 0x0a) {
      throw corruptTar('an extended header with a wrong length');
    }
    const record = body.toString('utf8', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals < 1) throw corruptTar('an extended header without a key');
    const key = record.slice(0, equals);
    if (records.has(key)) throw corruptTar(`an extended header with ${key} twice`);
    if (key.startsWith('GNU.sparse.')) throw corruptTar('a sparse file');
    records.set(key, record.slice(equals + 1));
    at = end;
  }
  const path = named(records.get('path'));
  const linkPath = named(records.get('linkpath'));
  const size = records.get('size');
  return {
    ...(path === undefined ? {} : { path }),
    ...(linkPath === undefined ? {} : { linkPath }),
    ...(size === undefined ? {} : { size: sizeOf(size) }),
  };
}

function named(value: string | undefined): string | undefined {
  if (value?.includes('\0')) throw corruptTar('a path with NUL in it');
  return value;
}

function sizeOf(value: string): number {
  const size = /^[0-9]{1,16}$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw corruptTar('an extended header with a size that is no number');
  return size;
}

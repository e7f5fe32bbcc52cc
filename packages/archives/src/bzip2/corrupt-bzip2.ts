import { ArchiveError } from '../errors.ts';

/** Bytes that no bzip2 encoder writes. `found` says what is wrong with them. */
export function corruptBzip2(found: string): ArchiveError {
  return new ArchiveError('corrupt', `The bzip2 data is damaged: ${found}. Fetch or upload the file again.`, {
    wanted: 'valid bzip2 data',
    found,
  });
}

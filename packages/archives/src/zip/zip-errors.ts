import { ArchiveError } from '../errors.ts';

/** A zip that no tool writes. `found` says what is wrong with it. */
export function corruptZip(found: string, entry?: string): ArchiveError {
  return new ArchiveError('corrupt', `The zip is damaged: ${found}. Fetch or upload the file again.`, {
    wanted: 'a valid zip',
    found,
    ...(entry === undefined ? {} : { entry }),
  });
}

/** Two readers would see different things: the directory says `wanted`, the member itself `found`. */
export function mismatch(entry: string, wanted: string, found: string): ArchiveError {
  const what = entry === '' ? 'The zip' : `The zip member "${entry.slice(0, 200)}"`;
  return new ArchiveError(
    'zip_local_central_mismatch',
    `${what} is described in two ways (${wanted}; ${found}), so clients would read different things. Build the package again.`,
    { entry, wanted, found },
  );
}

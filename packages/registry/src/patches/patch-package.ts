import { ArchiveError, inspectConda, type Limits } from '@sluice/archives';
import { RegistryError } from '../errors.ts';
import { type PatchWish, patchWish } from './patch-wish.ts';

/** Far above the largest patch package known, conda-forge's, whose documents have some 150 MB together. */
const mostBytes = 256 * 1024 * 1024;
const wanted = /^([^/]+)\/patch_instructions\.json$/;

/**
 * Read a patch package: a conda package that holds `<subdir>/patch_instructions.json` files, as conda-forge and others
 * publish theirs.
 *
 * @param path where the file lies.
 * @returns the documents that say something; most packages have empty ones, too.
 * @throws {RegistryError} `archive_refused`; `patch_invalid` when it holds no such file or one that is wrong.
 */
export async function readPatchPackage(
  path: string,
  fileName: string,
  limits: Partial<Limits> = {},
): Promise<PatchWish[]> {
  const also = { wants: (file: string) => wanted.test(file), bytes: mostBytes };
  const inspection = await inspectConda(path, fileName, { limits, also }).catch((error) => {
    if (!(error instanceof ArchiveError)) throw error;
    throw new RegistryError('archive_refused', `${fileName} was refused: ${error.message}`, { cause: error });
  });
  if (inspection.also.size === 0) {
    throw new RegistryError('patch_invalid', `${fileName} is no patch package.`, {
      wanted: '<subdir>/patch_instructions.json',
      found: 'no such file',
    });
  }
  return [...inspection.also]
    .map(([file, text]) => patchWish(wanted.exec(file)![1]!, text))
    .filter(({ instructions }) => instructions.size > 0);
}

import { createHash } from 'node:crypto';
import {
  checkPatchValues,
  type JsonObject,
  type PatchInstructions,
  parseJsonObject,
  parseSubdir,
  viewPatchInstructions,
  writeJson,
} from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { RegistryError } from '../errors.ts';

/** A patch document for one subdir, checked and ready to be stored. */
export interface PatchWish {
  subdir: string;
  /** As it is stored: sorted and compact. */
  text: string;
  sha256: Uint8Array;
  instructions: PatchInstructions;
}

/**
 * Check the patch document of a subdir.
 *
 * @param document the text of a `patch_instructions.json`, or the object that was read from it.
 * @throws {RegistryError} `patch_invalid` with what is wrong and where.
 */
export function patchWish(subdir: string, document: Uint8Array | JsonObject): PatchWish {
  try {
    const what = `${parseSubdir(subdir)}/patch_instructions.json`;
    const object = document instanceof Uint8Array ? parseJsonObject(document, what, 'patch_instructions') : document;
    const instructions = viewPatchInstructions(object);
    checkPatchValues(object);
    const text = writeJson(object);
    return { subdir, text, sha256: createHash('sha256').update(text).digest(), instructions };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { message, wanted, found } = error;
    throw new RegistryError('patch_invalid', `${subdir}: ${message}`, { wanted, found, cause: error });
  }
}

import { generalFileKey, readGeneralFile, writeGeneralFile } from '@sluice/formats/file';
import { filesPart } from '@sluice/formats/package';
import { RegistryError } from '../../errors.ts';
import { translated, type UploadFormat } from './upload-format.ts';

/** General files: installers and whatever is no package. Nobody looks into them. @see product.md UP-05 */
export const fileUpload: UploadFormat = {
  type: 'file',
  filetypes: ['file'],
  // A package is never taken for one by its name alone.
  matches: () => false,
  async inspect(_, { fileName, group, version }, received) {
    if (group === undefined) {
      throw new RegistryError('file_name', 'A general file needs a name that its versions stand under.', {
        wanted: 'the field name',
        found: 'none',
      });
    }
    const place = { group, version, file: fileName };
    const key = translated('file_name', () => generalFileKey(place));
    const { size, sha256, md5 } = received;
    return {
      part: filesPart,
      file: key,
      name: group,
      version: version ?? '',
      build: 'file',
      record: (uploaded) => ({
        body: new TextEncoder().encode(writeGeneralFile({ ...place, size, sha256, md5, uploaded })),
      }),
      extra: null,
    };
  },
  view(body) {
    const { sha256, uploaded } = readGeneralFile(body);
    return { sha256, listedAt: uploaded };
  },
};

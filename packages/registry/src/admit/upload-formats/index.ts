import type { PackageType } from '@sluice/formats/package';
import { RegistryError } from '../../errors.ts';
import type { Upload } from '../upload.ts';
import { condaUpload } from './conda.ts';
import { fileUpload } from './file.ts';
import { rUpload } from './r-package.ts';
import { sdistUpload } from './sdist.ts';
import type { UploadFormat } from './upload-format.ts';
import { wheelUpload } from './wheel.ts';

/**
 * Every kind of package file that may be uploaded. Where a name could mean two, the first has it: `demo_0.1-2.tar.gz` is R's,
 * no project would be called `demo_0.1`.
 */
const formats: readonly UploadFormat[] = [condaUpload, wheelUpload, rUpload, sdistUpload, fileUpload];

/**
 * What kind an uploaded file is: what the client calls it, else by its name, and then rather one that the channel holds.
 *
 * @throws {RegistryError} `file_name`, `upload_kind` for what is none; `type_not_allowed` when the channel does not hold its type.
 */
export function uploadFormat({ channel, fileName, filetype }: Omit<Upload, 'receiving' | 'actor'>): UploadFormat {
  const matching = formats.filter((one) =>
    filetype === undefined ? one.matches(fileName) : one.filetypes.includes(filetype),
  );
  const format = matching.find(({ type }) => channel.types.includes(type)) ?? matching[0];
  if (format === undefined) throw unknownKind(fileName, filetype);
  if (channel.types.includes(format.type)) return format;
  throw new RegistryError(
    'type_not_allowed',
    `The channel ${channel.path} holds no packages of type ${format.type}, which ${fileName} is.`,
    { wanted: channel.types.join(', '), found: format.type },
  );
}

/** What records of uploads say of their own bytes, by the type of their part. */
export function uploadView(type: PackageType): UploadFormat['view'] {
  return formats.find((one) => one.type === type)!.view;
}

function unknownKind(fileName: string, filetype: string | undefined): RegistryError {
  const known = formats.map(({ filetypes: [name] }) => name).join(', ');
  const types = new Set(formats.map(({ type }) => type).filter((type) => type !== 'file'));
  return filetype === undefined
    ? new RegistryError('file_name', `${JSON.stringify(fileName)} is no package file that is taken here.`, {
        wanted: `a package of ${[...types].join(', ')} under its usual name; any other file with the type file`,
        found: fileName,
      })
    : new RegistryError('upload_kind', `Files of type ${JSON.stringify(filetype)} are not taken; ${known} are.`, {
        wanted: known,
        found: filetype,
      });
}

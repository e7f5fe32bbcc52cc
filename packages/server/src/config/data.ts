import { resolve } from 'node:path';
import { z } from 'zod';
import { Secret } from './secret.ts';
import { byteSize, variable } from './variable.ts';

/** Where data lies. */
export const dataVariables = z.object({
  SLUICE_DATA_DIR: variable(
    z
      .string()
      .default('data')
      .transform((path) => resolve(path)),
    { wanted: 'the path of a folder', about: 'Folder of the embedded database, the blobs and the secret key.' },
  ),
  SLUICE_BLOBS: variable(z.literal('disk').default('disk'), {
    wanted: '"disk" (object stores are not supported yet)',
    about: 'Where the bytes of packages are kept.',
  }),
  DATABASE_URL: variable(
    z
      .string()
      .refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text))
      .transform((text) => new Secret(text))
      .optional(),
    {
      wanted: 'an address such as postgresql://user:password@host:5432/database',
      about: 'An external PostgreSQL; without it one is started in the data folder.',
      secret: true,
    },
  ),
  SLUICE_MAX_UPLOAD: variable(byteSize.default(16 * 1024 ** 3), {
    wanted: 'a number of bytes, such as 500M or 16G',
    about: 'The largest file that may be uploaded.',
  }),
});

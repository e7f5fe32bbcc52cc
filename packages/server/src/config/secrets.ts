import { z } from 'zod';
import { secretText, variable } from './variable.ts';

/** What must stay between the admin and the server. */
export const secretVariables = z.object({
  SLUICE_ADMIN_PASSWORD: variable(secretText(8).optional(), {
    wanted: 'at least 8 characters',
    about: 'Password of the account admin, used once: when it is created in an empty database.',
    secret: true,
  }),
  SLUICE_SECRET_KEY: variable(secretText(32).optional(), {
    wanted: 'at least 32 characters, such as from: openssl rand -hex 32',
    about: 'Signs sessions and seals stored credentials. The same on every node.',
    secret: true,
  }),
  SLUICE_SECRET_KEY_FILE: variable(z.string().optional(), {
    wanted: 'the path of a file with the key, and no SLUICE_SECRET_KEY beside it',
    about: 'A file that holds the secret key, instead of SLUICE_SECRET_KEY.',
  }),
});

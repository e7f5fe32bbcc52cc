import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerError } from '../errors.ts';
import type { Config } from './read-config.ts';
import { Secret } from './secret.ts';

/**
 * The secret key: the configured one, else the one in the data folder, made there at the first start (only its owner may
 * read it). Processes that start together agree on one.
 *
 * @throws {ServerError} `config_invalid` when the file holds less than 32 characters.
 */
export function loadSecretKey(config: Pick<Config, 'data' | 'secrets'>): Secret {
  const { secret_key, secret_key_file } = config.secrets;
  if (secret_key !== undefined) return secret_key;
  const path = secret_key_file ?? join(config.data.folder, 'secret-key');
  if (secret_key_file === undefined) makeKeyFile(config.data.folder, path);
  const text = readFileSync(path, 'utf8').trim();
  if (text.length >= 32) return new Secret(text);
  throw new ServerError(
    'config_invalid',
    `${path}: wanted a secret key of at least 32 characters; found ${text.length}.`,
    {
      wanted: 'at least 32 characters',
      found: `${text.length} characters`,
    },
  );
}

/** Written under a name of its own and linked: a second process sees a whole key or none, and never replaces one. */
function makeKeyFile(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true });
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}

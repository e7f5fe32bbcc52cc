import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSourceRules, type SourceRules } from '@sluice/mirror';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import type { TrustedProxies } from '../http/client-address.ts';
import { dataVariables } from './data.ts';
import { egressVariables } from './egress.ts';
import { listenVariables } from './listen.ts';
import type { Secret } from './secret.ts';
import { secretVariables } from './secrets.ts';
import type { VariableMeta } from './variable.ts';
import { workVariables } from './work.ts';

/** Every environment variable that has a meaning to the server. */
export const variables = z.object({
  ...listenVariables.shape,
  ...dataVariables.shape,
  ...secretVariables.shape,
  ...egressVariables.shape,
  ...workVariables.shape,
});

/** The server's settings, checked. Paths are absolute, sizes in bytes. */
export interface Config {
  listen: {
    host: string;
    port: number;
    public_url: string | undefined;
    trusted_proxies: TrustedProxies | undefined;
    /** Location under which a trusted proxy finds the blobs' folder. */
    accel_redirect: string | undefined;
    tls: { cert: Buffer; key: Buffer } | undefined;
  };
  data: { folder: string; database_url: Secret | undefined; max_upload_bytes: number };
  secrets: { admin_password: Secret | undefined; secret_key: Secret | undefined; secret_key_file: string | undefined };
  egress: {
    sources: SourceRules;
    ca_file: string | undefined;
    /** `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in upper and lower case, for the mirror room to read. */
    proxies: Readonly<Record<string, string | undefined>>;
  };
  work: { roles: readonly ('web' | 'worker')[]; log_level: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
}

/** An environment as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Read the settings from an environment. Variables that are empty count as absent.
 *
 * @throws {ServerError} `config_invalid`: one line with the name, what was wanted and what was found.
 */
export function readConfig(env: Environment): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = variables.safeParse(given);
  if (!result.success) {
    const name = String(result.error.issues[0]!.path[0]);
    throw wrong(name, given[name]);
  }
  const value = result.data;
  if ((value.SLUICE_TLS_CERT === undefined) !== (value.SLUICE_TLS_KEY === undefined)) {
    throw wrong(value.SLUICE_TLS_CERT === undefined ? 'SLUICE_TLS_CERT' : 'SLUICE_TLS_KEY', undefined);
  }
  // Without one nobody would be told to send a file, silently.
  if (value.SLUICE_ACCEL_REDIRECT !== undefined && value.SLUICE_TRUST_PROXY === undefined) {
    throw wrong('SLUICE_ACCEL_REDIRECT', value.SLUICE_ACCEL_REDIRECT);
  }
  if (value.SLUICE_SECRET_KEY !== undefined && value.SLUICE_SECRET_KEY_FILE !== undefined) {
    throw wrong('SLUICE_SECRET_KEY_FILE', value.SLUICE_SECRET_KEY_FILE);
  }
  for (const name of ['SLUICE_CA_FILE', 'SLUICE_SECRET_KEY_FILE'] as const) mustBeReadable(name, value[name]);
  return {
    listen: {
      host: value.SLUICE_HOST,
      port: value.SLUICE_PORT,
      public_url: value.SLUICE_PUBLIC_URL,
      trusted_proxies: value.SLUICE_TRUST_PROXY,
      accel_redirect: value.SLUICE_ACCEL_REDIRECT,
      tls: readTls(value.SLUICE_TLS_CERT, value.SLUICE_TLS_KEY),
    },
    data: {
      folder: value.SLUICE_DATA_DIR,
      database_url: value.DATABASE_URL,
      max_upload_bytes: value.SLUICE_MAX_UPLOAD,
    },
    secrets: {
      admin_password: value.SLUICE_ADMIN_PASSWORD,
      secret_key: value.SLUICE_SECRET_KEY,
      secret_key_file: value.SLUICE_SECRET_KEY_FILE,
    },
    egress: {
      sources: readSources(value.SLUICE_SOURCES, join(value.SLUICE_DATA_DIR, 'airgap')),
      ca_file: value.SLUICE_CA_FILE,
      proxies: Object.fromEntries(Object.entries(given).filter(([name]) => /^(https?|no)_proxy$/i.test(name))),
    },
    work: { roles: value.SLUICE_ROLES, log_level: value.SLUICE_LOG_LEVEL },
  };
}

/** Variables that look like ours and are not: most likely typing errors. */
export function unknownVariables(env: Environment): string[] {
  // These two belong to the command line tool.
  const known = new Set([...Object.keys(variables.shape), 'SLUICE_URL', 'SLUICE_TOKEN']);
  return Object.keys(env).filter((name) => name.startsWith('SLUICE_') && !known.has(name));
}

function wrong(name: string, found: string | undefined, cause?: unknown): ServerError {
  const { wanted, secret } = variables.shape[name as keyof typeof variables.shape].meta() as unknown as VariableMeta;
  let shown = 'nothing';
  if (found !== undefined) shown = secret ? '*** (not shown)' : JSON.stringify(found);
  const details = { wanted, found: shown, cause };
  return new ServerError('config_invalid', `${name}: wanted ${wanted}; found ${shown}.`, details);
}

function mustBeReadable(name: string, path: string | undefined): void {
  if (path === undefined) return;
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw wrong(name, path, cause);
  }
}

function readTls(cert: string | undefined, key: string | undefined): { cert: Buffer; key: Buffer } | undefined {
  if (cert === undefined || key === undefined) return undefined;
  const read = (name: string, path: string) => {
    try {
      const pem = readFileSync(path);
      if (pem.includes('-----BEGIN ')) return pem;
    } catch (cause) {
      throw wrong(name, path, cause);
    }
    throw wrong(name, path);
  };
  return { cert: read('SLUICE_TLS_CERT', cert), key: read('SLUICE_TLS_KEY', key) };
}

function readSources(text: string | undefined, airgapFolder: string): SourceRules {
  try {
    return parseSourceRules(text, airgapFolder);
  } catch (cause) {
    throw wrong('SLUICE_SOURCES', text, cause);
  }
}

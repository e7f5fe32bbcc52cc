import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { signInsFile } from './sign-ins.ts';

/** How the certificate of a server is checked: against the known authorities, not at all, or against those of a PEM file. */
export type SslVerify = boolean | string;

/** What people set of this tool. The names are those of the older tools. @see product.md AE-14 */
export interface Config {
  /** The site of whoever names none. */
  default_site?: string;
  /** Where a site says nothing else. */
  ssl_verify?: SslVerify;
  sites: Record<string, { url?: string; ssl_verify?: SslVerify }>;
}

/** Where the settings are: beside the sign-ins. */
export function configFile(io: Pick<Io, 'env' | 'home'>): string {
  return join(dirname(signInsFile(io)), 'config.json');
}

/** Read the settings; none when there is no file. @throws {CliError} `config_invalid`. */
export async function readConfig(io: Pick<Io, 'env' | 'home'>): Promise<Config> {
  const file = configFile(io);
  try {
    const found = JSON.parse(await readFile(file, 'utf8')) as Partial<Config> | null;
    if (typeof found === 'object' && found !== null) return { ...found, sites: found.sites ?? {} };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { sites: {} };
    throw invalid(file, cause);
  }
  throw invalid(file);
}

/** Write the settings, whole or not at all. @throws {CliError} `usage` when the default site is none of the sites. */
export async function writeConfig(io: Pick<Io, 'env' | 'home'>, config: Config): Promise<void> {
  const { default_site, sites } = config;
  if (default_site !== undefined && sites[default_site]?.url === undefined) {
    throw new CliError('usage', `default_site is ${default_site}, and there is no such site.`, {
      wanted: Object.keys(sites).join(', ') || `sites.${default_site}.url, set before`,
      next: `npx sluice config set sites.${default_site}.url https://<host>, or npx sluice config unset default_site`,
    });
  }
  const file = configFile(io);
  const draft = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function invalid(file: string, cause?: unknown): CliError {
  return new CliError('config_invalid', `The file with the settings cannot be read: ${file}`, {
    wanted: 'JSON as npx sluice config set writes it',
    next: 'Repair or remove it, then npx sluice config set.',
    cause,
  });
}

import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';

/** How somebody is signed in at one server. */
export interface SignIn {
  account: string;
  /** For every command. */
  token: string;
  token_id: string;
  token_name: string;
  token_expires_at: string;
  /** The sign-in itself, for what no token may do: to look after tokens. It ends after hours. */
  session?: string | undefined;
  session_expires_at?: string | undefined;
}

/** The file with the sign-ins, by the URL of their server. */
export interface SignIns {
  /** The server of whoever names none. */
  default_site?: string | undefined;
  sites: Record<string, SignIn>;
}

/** Where the sign-ins are: `sluice/sign-ins.json` in the user's folder of settings (XDG Base Directory). */
export function signInsFile({ env, home }: Pick<Io, 'env' | 'home'>): string {
  const { XDG_CONFIG_HOME, APPDATA } = env;
  return join(XDG_CONFIG_HOME || APPDATA || join(home, '.config'), 'sluice', 'sign-ins.json');
}

/** Read the sign-ins; none when there is no file. @throws {CliError} `config_invalid`. */
export async function readSignIns(io: Pick<Io, 'env' | 'home'>): Promise<SignIns> {
  const file = signInsFile(io);
  try {
    const found: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isSignIns(found)) return found;
  } catch (error) {
    if (isMissing(error)) return { sites: {} };
    throw invalid(file, error);
  }
  throw invalid(file);
}

/** Write the sign-ins so that only the user can read them, whole or not at all. */
export async function writeSignIns(io: Pick<Io, 'env' | 'home'>, signIns: SignIns): Promise<void> {
  const file = signInsFile(io);
  const draft = `${file}.${randomUUID()}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(draft, `${JSON.stringify(signIns, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function isSignIns(value: unknown): value is SignIns {
  if (!isObject(value) || !isObject(value.sites)) return false;
  if (value.default_site !== undefined && typeof value.default_site !== 'string') return false;
  return Object.values(value.sites).every((site) => isObject(site) && typeof site.token === 'string');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMissing(error: unknown): boolean {
  return isObject(error) && error.code === 'ENOENT';
}

function invalid(file: string, cause?: unknown): CliError {
  return new CliError('config_invalid', `The file with the sign-ins cannot be read: ${file}`, {
    wanted: 'JSON as npx sluice login writes it',
    next: 'Repair or remove it, then npx sluice login.',
    cause,
  });
}

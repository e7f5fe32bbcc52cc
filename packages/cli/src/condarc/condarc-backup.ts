import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError } from '../errors.ts';

/** Where a condarc is kept as it was. */
export const backupOf = (file: string): string => `${file}.backup`;

/** Stands in the backup where there was no file before. */
const nothing = Buffer.from('# There was no such file before npx sluice condarc write.\n');

/** The bytes of a file; undefined when there is none. */
export async function bytesOf(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new CliError('file_unreadable', `${file} cannot be read.`, { cause });
  });
}

/** Write a condarc, having kept it as it was. A backup that is there already is of before the first time, and stays. */
export async function writeWithBackup(file: string, text: string): Promise<void> {
  const before = await bytesOf(file);
  await mkdir(dirname(file), { recursive: true });
  const mode = before === undefined ? 0o600 : (await stat(file)).mode & 0o777;
  if ((await bytesOf(backupOf(file))) === undefined) await replace(backupOf(file), before ?? nothing, mode);
  await replace(file, text, mode);
}

/** Bring a condarc back as it was, byte for byte. @returns whether there is one now. @throws {CliError} `backup_missing`. */
export async function restoreBackup(file: string): Promise<boolean> {
  const backup = backupOf(file);
  const kept = await bytesOf(backup);
  if (kept === undefined) {
    throw new CliError('backup_missing', `There is no backup ${backup}, so ${file} was not changed by condarc write.`, {
      wanted: backup,
    });
  }
  if (!kept.equals(nothing)) {
    await rename(backup, file);
    return true;
  }
  await rm(file, { force: true });
  await rm(backup);
  return false;
}

async function replace(file: string, content: Buffer | string, mode: number): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, content, { mode, flag: 'wx' });
    await chmod(draft, mode);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

import { stat } from 'node:fs/promises';
import { CliError } from './errors.ts';

/** Bytes of a file that is to be sent. @throws {CliError} `file_unreadable`. */
export async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new CliError('file_unreadable', `There is no file ${file} that can be read.`, { cause });
  });
  if (!found.isFile()) throw new CliError('file_unreadable', `${file} is no file.`, { wanted: 'a package file' });
  return found.size;
}

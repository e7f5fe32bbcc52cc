import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/** Which condarc is meant. */
export interface PlaceInput {
  file?: string;
  system?: boolean;
  env?: boolean;
}

/** The options of {@link PlaceInput}. */
export const placeOptions: readonly Option[] = [
  new Option('--file <file>', 'that file, instead of ~/.condarc').conflicts(['system', 'env']),
  new Option('--system', 'that of the installation of conda').conflicts('env'),
  new Option('--env', 'that of the active environment'),
];

/** Where the condarc is. @throws {CliError} `usage` when the environment does not say. @see conda's search path */
export function condarcFile({ env, home }: Pick<Io, 'env' | 'home'>, { file, system, env: ofEnv }: PlaceInput): string {
  if (file !== undefined) return file;
  if (system) return join(folderOf(env.CONDA_EXE && dirname(dirname(env.CONDA_EXE)), 'CONDA_EXE'), '.condarc');
  if (ofEnv) return join(folderOf(env.CONDA_PREFIX, 'CONDA_PREFIX'), '.condarc');
  return join(home, '.condarc');
}

function folderOf(folder: string | undefined, variable: string): string {
  if (folder) return folder;
  throw new CliError('usage', `${variable} is not set, so there is no conda to ask where that is.`, {
    wanted: '--file <file>, or an activated conda',
  });
}

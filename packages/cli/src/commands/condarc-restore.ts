import type { Context, Usage } from '../command.ts';
import { restoreBackup } from '../condarc/condarc-backup.ts';
import { condarcFile, type PlaceInput, placeOptions } from '../condarc/condarc-place.ts';

interface Data {
  file: string;
  /** Whether there is one now: there may have been none before. */
  exists: boolean;
}

export const usage: Usage = {
  words: 'condarc restore',
  summary: 'Bring conda’s settings back as they were before condarc write',
  local: true,
  options: placeOptions,
};

export async function run({ io }: Context, input: PlaceInput): Promise<Data> {
  const file = condarcFile(io, input);
  return { file, exists: await restoreBackup(file) };
}

export const views = {
  human: ({ file, exists }: Data): string =>
    exists ? `${file} is as it was before.` : `${file} is removed: there was none before.`,
  json: (data: Data): unknown => data,
};

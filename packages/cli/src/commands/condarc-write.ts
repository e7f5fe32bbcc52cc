import type { Context, Usage } from '../command.ts';
import { backupOf, bytesOf, writeWithBackup } from '../condarc/condarc-backup.ts';
import { condarcFile, type PlaceInput, placeOptions } from '../condarc/condarc-place.ts';
import { condarcText } from '../condarc/condarc-text.ts';
import { condarcWish, type WishInput, wishArgument, wishOptions } from '../condarc/condarc-wish.ts';

interface Data {
  file: string;
  backup: string;
  text: string;
}

export const usage: Usage = {
  words: 'condarc write',
  summary: 'Point conda on this machine at channels: its defaults are these from then on',
  arguments: [wishArgument()],
  options: [...wishOptions, ...placeOptions],
  examples: ['condarc write anaconda r', 'condarc write anaconda --add team-a --file /etc/conda/.condarc'],
};

export async function run(context: Context, input: WishInput & PlaceInput): Promise<Data> {
  const file = condarcFile(context.io, input);
  const before = await bytesOf(file);
  const text = condarcText(before?.toString('utf8') ?? '', await condarcWish(context, input), file);
  await writeWithBackup(file, text);
  return { file, backup: backupOf(file), text };
}

export const views = {
  human: ({ file, backup }: Data): string =>
    `${file} is written; as it was before: ${backup}\nnpx sluice condarc restore brings that back.`,
  json: (data: Data): unknown => data,
};

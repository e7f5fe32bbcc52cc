import type { Context, Usage } from '../command.ts';
import { bytesOf } from '../condarc/condarc-backup.ts';
import { condarcFile, type PlaceInput, placeOptions } from '../condarc/condarc-place.ts';
import { condarcText } from '../condarc/condarc-text.ts';
import { condarcWish, type WishInput, wishArgument, wishOptions } from '../condarc/condarc-wish.ts';

interface Data {
  file: string;
  text: string;
}

export const usage: Usage = {
  words: 'condarc show',
  summary: 'Print what condarc write would write, and change nothing',
  arguments: [wishArgument()],
  options: [...wishOptions, ...placeOptions],
  examples: ['condarc show anaconda r'],
};

export async function run(context: Context, input: WishInput & PlaceInput): Promise<Data> {
  const file = condarcFile(context.io, input);
  const before = await bytesOf(file);
  return { file, text: condarcText(before?.toString('utf8') ?? '', await condarcWish(context, input), file) };
}

export const views = {
  human: ({ text }: Data): string => text.trimEnd(),
  json: (data: Data): unknown => data,
};

import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { plain } from '../views/view.ts';

type Data = { issuer: string };

export const usage: Usage = {
  words: 'bundle trust remove',
  summary: 'Import no more bundles of an issuer; what came in stays (administrators)',
  arguments: [new Argument('<issuer>', 'as `bundle trust list` shows it')],
};

export async function run(context: Context, { issuer }: Data): Promise<Data> {
  await answer(ownSignIn(context).DELETE('/api/bundles/trust/{issuer}', { params: { path: { issuer } } }));
  return { issuer };
}

export const views = {
  human: ({ issuer }: Data): string => `Bundles of ${plain(issuer)} are imported no more.`,
  json: (data: Data): unknown => data,
};

import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { plain } from '../views/view.ts';

interface Data {
  freed: string;
}

export const usage: Usage = {
  words: 'reserved remove',
  summary: 'Let mirrors bring in a name again (administrators)',
  arguments: [new Argument('<pattern>', 'as it is listed')],
};

export async function run(context: Context, { pattern }: { pattern: string }): Promise<Data> {
  const params = { path: { pattern } };
  await answer(ownSignIn(context).DELETE('/api/reserved-names/{pattern}', { params }));
  return { freed: pattern };
}

export const views = {
  human: ({ freed }: Data): string => `${plain(freed)} is free.`,
  json: (data: Data): unknown => data,
};

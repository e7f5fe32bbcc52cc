import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { plain } from '../views/view.ts';

type Data = Schemas['ReservedName'];

export const usage: Usage = {
  words: 'reserved add',
  summary: 'Keep a name for packages of the house: no mirror brings it in from now on (administrators)',
  arguments: [new Argument('<pattern>', 'a package name in lower case; * stands for any text')],
  options: [new Option('--note <text>', 'what it is kept for')],
  examples: ["reserved add 'acme-*' --note 'our own packages'"],
};

export function run(context: Context, { pattern, note }: { pattern: string; note?: string }): Promise<Data> {
  const body = { pattern, ...(note === undefined ? {} : { note }) };
  return answer(ownSignIn(context).POST('/api/reserved-names', { body }));
}

export const views = {
  human: ({ pattern }: Data): string => `${plain(pattern)} is reserved.`,
  json: (data: Data): unknown => data,
};

import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';

interface Data {
  deleted: string;
}

export const usage: Usage = {
  words: 'bundle delete',
  summary: 'Remove a bundle with its parts from the server; its number is not used again',
  arguments: [new Argument('<id>', 'the bundle')],
};

export async function run({ api }: Context, { id }: { id: string }): Promise<Data> {
  await answer(api.DELETE('/api/bundles/{id}', { params: { path: { id } } }));
  return { deleted: id };
}

export const views = {
  human: ({ deleted }: Data): string => `The bundle ${deleted} is gone.`,
  json: (data: Data): unknown => data,
};

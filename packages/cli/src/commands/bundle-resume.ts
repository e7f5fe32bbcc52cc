import type { Schemas } from '@sluice/api-client';
import { Argument } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';

type Data = Schemas['Bundle'];

export const usage: Usage = {
  words: 'bundle resume',
  summary: 'Go on with a bundle that was stopped or has failed; what is done stays',
  arguments: [new Argument('<id>', 'the bundle')],
};

export function run({ api }: Context, { id }: { id: string }): Promise<Data> {
  return answer(api.POST('/api/bundles/{id}/resume', { params: { path: { id } } }));
}

export const views = {
  human: ({ series, serial, state }: Data): string => `${series} ${serial} is ${state}.`,
  json: (data: Data): unknown => data,
};

import type { Schemas } from '@sluice/api-client';
import { Argument, Option } from 'commander';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { plain } from '../views/view.ts';

type Data = Schemas['TrustedIssuer'];

export const usage: Usage = {
  words: 'bundle trust add',
  summary: 'Import bundles that this key signed (administrators)',
  arguments: [new Argument('<key>', 'what `bundle key` shows over there, as base64 or hex')],
  options: [new Option('--note <text>', 'whose it is')],
  examples: ["bundle trust add $KEY --note 'the connected side'"],
};

export function run(context: Context, { key, note }: { key: string; note?: string }): Promise<Data> {
  const body = { key, note: note ?? '' };
  return answer(ownSignIn(context).POST('/api/bundles/trust', { body }));
}

export const views = {
  human: ({ issuer }: Data): string => `Bundles of ${plain(issuer)} are imported from now on.`,
  json: (data: Data): unknown => data,
};

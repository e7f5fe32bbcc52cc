import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { fields } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = Schemas['BundleKey'];

export const usage: Usage = {
  words: 'bundle key',
  summary: 'The public key that bundles made here are signed with: the far side trusts it once',
};

export function run({ api }: Context): Promise<Data> {
  return answer(api.GET('/api/bundles/key'));
}

export const views = {
  human: ({ issuer, public_key, fingerprint }: Data, view: View): string =>
    fields(
      [
        ['issuer', issuer],
        ['public key', public_key],
        ['fingerprint', fingerprint],
      ],
      view,
    ),
  json: (data: Data): unknown => data,
};

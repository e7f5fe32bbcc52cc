import type { Schemas } from '@sluice/api-client';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { instant } from '../views/amounts.ts';
import { table } from '../views/table.ts';
import type { View } from '../views/view.ts';

type Data = { items: Schemas['TrustedIssuer'][] };

export const usage: Usage = {
  words: 'bundle trust list',
  summary: 'Whose bundles are imported here (administrators)',
};

export function run(context: Context): Promise<Data> {
  return answer(ownSignIn(context).GET('/api/bundles/trust'));
}

export const views = {
  human: ({ items }: Data, view: View): string => {
    if (items.length === 0) return 'Nobody’s bundles are imported here: npx sluice bundle trust add <key>.';
    const rows = items.map(({ issuer, note, added_by, added_at }) => [issuer, note, added_by, instant(added_at)]);
    return table(['ISSUER', 'NOTE', 'ADDED BY', 'ADDED'], rows, view);
  },
  json: (data: Data): unknown => data,
};

import { expect, test } from 'vitest';
import { defaultChannelName } from './default-channel.ts';

test.each([
  ['erica', 'erica'],
  ['Erica', 'erica'],
  ['erica.lamara@example.org', 'erica_lamara'],
  ['Erica.Lamara+conda@Example.org', 'erica_lamara_conda'],
  ['"a@b"@example.org', undefined],
  ['a@b@example.org', 'a_b'],
  ['team-a_1', 'team-a_1'],
  ['zoë schön', 'zo__sch_n'],
  ['r𝒷', 'r_'],
  ['DOMAIN\\user', 'domain_user'],
  ['a/b', 'a_b'],
  ['1st', undefined],
  ['_x', undefined],
  ['élan', undefined],
  ['@example.org', undefined],
  ['', undefined],
  ['api', undefined],
  ['Simple@example.org', undefined],
  ['noarch', undefined],
  ['linux-64', undefined],
  ['a'.repeat(128), 'a'.repeat(128)],
  ['a'.repeat(129), undefined],
])('the channel of %j is called %j', (account, channel) => {
  expect(defaultChannelName(account)).toBe(channel);
});

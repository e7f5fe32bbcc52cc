import { randomUUID } from 'node:crypto';
import { insertAccount, insertChannel, listChannels, type Privacy } from '@sluice/catalog';
import { createTestDatabase, type TestDatabase } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channelVerdict } from './access.ts';
import { channelSight } from './channel-sight.ts';
import { ANONYMOUS, type Principal, type SignedIn } from './principal.ts';

const privacies: Privacy[] = ['public', 'authenticated', 'private'];
const ada = randomUUID();
const bob = randomUUID();
let database: TestDatabase;
let channels: { path: string; privacy: Privacy; owner_id: string | null }[];

beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  const now = new Date();
  for (const [id, name] of [
    [ada, 'ada'],
    [bob, 'bob'],
  ] as const) {
    await insertAccount(db, { id, name, password_hash: null, roles: [], created_at: now });
  }
  channels = [];
  for (const [owner, owner_id] of Object.entries({ ada, bob, nobody: null })) {
    for (const privacy of privacies) {
      const channel = { path: `${owner}-${privacy}`, parent_id: null, privacy, owner_id };
      await insertChannel(db, { ...channel, description: '', types: ['conda'], filters: {}, frozen: false }, now);
      channels.push(channel);
    }
  }
});
afterAll(() => database.close());

function account(grants: SignedIn['grants'], roles: string[] = ['author']): SignedIn {
  return { kind: 'account', id: ada, name: 'ada', roles, grants, proof: { kind: 'password' } };
}

const all = { kind: 'all' } as const;
const resources = {
  kind: 'resources',
  resources: ['ada-private', 'bob-private', 'bob-authenticated', 'no-such'].map((channel) => ({
    channel,
    permission: 'read' as const,
  })),
} as const;
const scopes = (...names: string[]) => ({ kind: 'scopes', scopes: new Set(names) }) as const;

const principals: [string, Principal, number][] = [
  ['anonymous', ANONYMOUS, 3],
  ['an account', account(all), 7],
  ['an admin', account(all, ['admin']), 9],
  ['a resource token', account(resources), 5],
  ['a resource token of an admin', account(resources, ['admin']), 6],
  ['a scope token that may view', account(scopes('channel:view')), 7],
  ['a scope token that may not', account(scopes('artifact:view', 'subchannel:view')), 3],
];

describe('a list shows what each verdict allows', () => {
  test.each(principals)('%s', async (_, principal, seen) => {
    const { rows, total_count } = await listChannels(database.db, {
      sight: channelSight(principal, ['channel:view']),
      within: 'anywhere',
      sort: 'name',
      descending: false,
      limit: 100,
      offset: 0,
    });
    const allowed = channels.filter((channel) => channelVerdict(principal, 'channel:view', channel) === 'allowed');
    expect(rows.map((row) => row.path)).toEqual(allowed.map((channel) => channel.path).sort());
    expect(total_count).toBe(seen);
    expect(rows).toHaveLength(seen);
  });
});

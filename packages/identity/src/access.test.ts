import { describe, expect, test } from 'vitest';
import {
  type Action,
  accountVerdict,
  type ChannelAction,
  channelPermission,
  channelVerdict,
  globalVerdict,
  layerVerdict,
  type Permission,
  SCOPES,
  type Verdict,
} from './access.ts';
import { ANONYMOUS, type Grants, INVALID, type Principal } from './principal.ts';

const expires_at = new Date('2027-01-01');
const token = { kind: 'token', id: 't', name: 'ci', expires_at } as const;
const session = { kind: 'session', id: 's', expires_at } as const;

function account(id: string, roles: string[], grants: Grants = { kind: 'all' }): Principal {
  return { kind: 'account', id, name: id, roles, grants, proof: grants.kind === 'all' ? session : token };
}
const scopes = (...list: Action[]): Grants => ({ kind: 'scopes', scopes: new Set(list) });
const resources = (permission: 'read' | 'write' | 'manage', channel = 'c'): Grants => ({
  kind: 'resources',
  resources: [{ channel, permission }],
});
const readScopes: Action[] = SCOPES.filter((s) => /:(download|view|view-artifacts)$/.test(s));

const who: Record<string, Principal> = {
  anonymous: ANONYMOUS,
  'a bad credential': INVALID,
  admin: account('root', ['admin', 'author']),
  owner: account('owner', ['author']),
  author: account('ada', ['author']),
  'no roles': account('bob', []),
  "owner's token, write c": account('owner', ['author'], resources('write')),
  "owner's token, manage d": account('owner', ['author'], resources('manage', 'd')),
  "owner's token, c/s": account('owner', ['author'], resources('manage', 'c/s')),
  "author's token, manage c": account('ada', ['author'], resources('manage')),
  "admin's token, read c": account('root', ['admin'], resources('read')),
  "owner's token, all scopes": account('owner', ['author'], scopes(...SCOPES)),
  "owner's token, read scopes": account('owner', ['author'], scopes(...readScopes)),
  "owner's token, upload only": account('owner', ['author'], scopes('artifact:create')),
  "author's token, all scopes": account('ada', ['author'], scopes(...SCOPES)),
};

describe('layerVerdict: one channel above another', () => {
  const upper = { path: 'u', owner_id: 'ada' };
  const below = { path: 'c', owner_id: 'owner' };
  test.each<
    [
      name: string,
      above: 'public' | 'authenticated' | 'private',
      under: 'public' | 'authenticated' | 'private',
      Verdict,
    ]
  >([
    ['author', 'public', 'public', 'allowed'],
    ['author', 'private', 'authenticated', 'allowed'],
    ['author', 'public', 'authenticated', 'forbidden'],
    ['author', 'private', 'private', 'hidden'],
    ['owner', 'public', 'private', 'allowed'],
    ["owner's token, write c", 'public', 'private', 'forbidden'],
    ["owner's token, write c", 'private', 'private', 'allowed'],
    ["owner's token, read scopes", 'authenticated', 'private', 'forbidden'],
    ['admin', 'public', 'private', 'allowed'],
    ['anonymous', 'public', 'authenticated', 'unauthenticated'],
  ])('%s, a channel that is %s on one that is %s: %s', (name, above, under, verdict) => {
    expect(layerVerdict(who[name]!, { ...upper, privacy: above }, { ...below, privacy: under })).toBe(verdict);
  });

  test('a channel that is not there is like one that nobody may see', () => {
    expect(layerVerdict(who.owner!, { ...upper, privacy: 'private' }, undefined)).toBe('hidden');
  });
});

describe('channelPermission', () => {
  test.each<[name: string, onPublic: Permission, onAuthenticated: Permission, onPrivate: Permission]>([
    ['anonymous', 'read', 'none', 'none'],
    ['a bad credential', 'read', 'none', 'none'],
    ['admin', 'manage', 'manage', 'manage'],
    ['owner', 'manage', 'manage', 'manage'],
    ['author', 'read', 'read', 'none'],
    ['no roles', 'read', 'read', 'none'],
    ["owner's token, write c", 'write', 'write', 'write'],
    ["owner's token, manage d", 'read', 'none', 'none'],
    ["owner's token, c/s", 'read', 'none', 'none'],
    ["author's token, manage c", 'read', 'read', 'none'],
    ["admin's token, read c", 'read', 'read', 'read'],
    ["owner's token, all scopes", 'manage', 'manage', 'manage'],
    ["owner's token, read scopes", 'read', 'read', 'read'],
    ["owner's token, upload only", 'read', 'none', 'none'],
    ["author's token, all scopes", 'read', 'read', 'none'],
  ])('%s', (name, ...wanted) => {
    const found = (['public', 'authenticated', 'private'] as const).map((privacy) =>
      channelPermission(who[name]!, { path: 'c', privacy, owner_id: 'owner' }),
    );
    expect(found).toEqual(wanted);
  });
});

describe('channelVerdict', () => {
  const A: Verdict = 'allowed';
  const U: Verdict = 'unauthenticated';
  const H: Verdict = 'hidden';
  const F: Verdict = 'forbidden';
  // Each row: download, upload, edit; on a public, an authenticated and a private channel.
  test.each<[name: string, onPublic: Verdict[], onAuthenticated: Verdict[], onPrivate: Verdict[], absent: Verdict]>([
    ['anonymous', [A, U, U], [U, U, U], [U, U, U], U],
    ['a bad credential', [A, U, U], [U, U, U], [U, U, U], U],
    ['admin', [A, A, A], [A, A, A], [A, A, A], H],
    ['owner', [A, A, A], [A, A, A], [A, A, A], H],
    ['author', [A, F, F], [A, F, F], [H, H, H], H],
    ['no roles', [A, F, F], [A, F, F], [H, H, H], H],
    ["owner's token, write c", [A, A, F], [A, A, F], [A, A, F], H],
    ["owner's token, manage d", [A, F, F], [H, H, H], [H, H, H], H],
    ["author's token, manage c", [A, F, F], [A, F, F], [H, H, H], H],
    ["admin's token, read c", [A, F, F], [A, F, F], [A, F, F], H],
    ["owner's token, all scopes", [A, A, A], [A, A, A], [A, A, A], H],
    ["owner's token, read scopes", [A, F, F], [A, F, F], [A, F, F], H],
    ["owner's token, upload only", [A, A, F], [F, A, F], [F, A, F], H],
    ["author's token, all scopes", [A, F, F], [A, F, F], [H, H, H], H],
  ])('%s', (name, onPublic, onAuthenticated, onPrivate, absent) => {
    const actions: ChannelAction[] = ['artifact:download', 'artifact:create', 'channel:edit'];
    const ask = (privacy: 'public' | 'authenticated' | 'private') =>
      actions.map((action) => channelVerdict(who[name]!, action, { path: 'c', privacy, owner_id: 'owner' }));
    expect([ask('public'), ask('authenticated'), ask('private')]).toEqual([onPublic, onAuthenticated, onPrivate]);
    expect(channelVerdict(who[name]!, 'artifact:download', undefined)).toBe(absent);
  });

  const global: Action[] = ['bundle:manage', 'channel:create', 'mirror:view'];
  const inChannel = SCOPES.filter((s) => !global.includes(s)) as ChannelAction[];

  test.each(inChannel)('%s: the owner may, with this scope alone may, with every other scope may not', (action) => {
    const channel = { path: 'c', privacy: 'private', owner_id: 'owner' } as const;
    const others = SCOPES.filter((s) => s !== action);
    expect(channelVerdict(who.owner!, action, channel)).toBe('allowed');
    expect(channelVerdict(account('owner', [], scopes(action)), action, channel)).toBe('allowed');
    expect(channelVerdict(account('owner', [], scopes(...others)), action, channel)).toBe('forbidden');
    expect(channelVerdict(account('stranger', [], scopes(action)), action, channel)).toBe('hidden');
  });

  test('what a principal may do in a channel is what its permission there covers, scope tokens apart', () => {
    const needs: Record<string, ChannelAction> = {
      read: 'artifact:view',
      write: 'artifact:create',
      manage: 'channel:delete',
    };
    const channel = { path: 'c', privacy: 'authenticated', owner_id: 'owner' } as const;
    for (const principal of Object.values(who)) {
      if (principal.kind === 'account' && principal.grants.kind === 'scopes') continue;
      const rank = ['none', 'read', 'write', 'manage'].indexOf(channelPermission(principal, channel));
      const may = Object.values(needs).map((action) => channelVerdict(principal, action, channel) === 'allowed');
      expect(may).toEqual([rank >= 1, rank >= 2, rank >= 3]);
    }
  });
});

describe('globalVerdict', () => {
  test.each<[name: string, createChannel: Verdict, viewMirrors: Verdict]>([
    ['anonymous', 'unauthenticated', 'unauthenticated'],
    ['admin', 'allowed', 'allowed'],
    ['author', 'allowed', 'forbidden'],
    ['no roles', 'forbidden', 'forbidden'],
    ["admin's token, read c", 'forbidden', 'forbidden'],
    ["owner's token, all scopes", 'allowed', 'forbidden'],
    ["owner's token, upload only", 'forbidden', 'forbidden'],
  ])('%s', (name, createChannel, viewMirrors) => {
    expect(globalVerdict(who[name]!, 'channel:create')).toBe(createChannel);
    expect(globalVerdict(who[name]!, 'mirror:view')).toBe(viewMirrors);
    expect(globalVerdict(who[name]!, 'bundle:manage')).toBe(viewMirrors);
  });
});

test.each<[name: string, verdict: Verdict]>([
  ['anonymous', 'unauthenticated'],
  ['a bad credential', 'unauthenticated'],
  ['author', 'allowed'],
  ["owner's token, all scopes", 'forbidden'],
  ["owner's token, write c", 'forbidden'],
])('accountVerdict: %s', (name, verdict) => {
  expect(accountVerdict(who[name]!)).toBe(verdict);
});

test('the scopes are those of the documentation, in its order, and that of bundles', () => {
  expect(SCOPES).toMatchInlineSnapshot(`
    [
      "artifact:create",
      "artifact:delete",
      "artifact:download",
      "artifact:edit",
      "artifact:view",
      "bundle:manage",
      "channel:create",
      "channel:delete",
      "channel:edit",
      "channel:history",
      "channel:view",
      "channel:view-artifacts",
      "channel.default-channel:edit",
      "channel.group:edit",
      "channel.group:view",
      "channel.mirror:edit",
      "channel.mirror:view",
      "mirror:view",
      "subchannel:create",
      "subchannel:delete",
      "subchannel:edit",
      "subchannel:history",
      "subchannel:view",
      "subchannel:view-artifacts",
      "subchannel.group:edit",
      "subchannel.group:view",
      "subchannel.mirror:edit",
      "subchannel.mirror:view",
    ]
  `);
});

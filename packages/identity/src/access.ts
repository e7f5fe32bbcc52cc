import { isLessPublic, type Privacy } from '@sluice/catalog';
import { ANONYMOUS, type Principal, type SignedIn } from './principal.ts';

/** How far somebody may go in a channel, from nothing to everything. */
export type Permission = 'none' | 'read' | 'write' | 'manage';

/** What of a channel decides who may do what in it. `path` is `<channel>` or `<channel>/<subchannel>`. */
export interface ChannelAccess {
  path: string;
  privacy: Privacy;
  owner_id: string | null;
}

/**
 * Every action of the product that asks for a right, with the right it asks for: a permission on the channel in question
 * (for `subchannel:create` the parent), or a role where no channel is in question. The keys are the scopes a token may carry.
 *
 * @see product.md TK-02
 */
const ACTIONS = {
  'artifact:create': { channel: 'write' },
  'artifact:delete': { channel: 'manage' },
  'artifact:download': { channel: 'read' },
  'artifact:edit': { channel: 'manage' },
  'artifact:view': { channel: 'read' },
  'bundle:manage': { role: 'admin' },
  'channel:create': { role: 'author' },
  'channel:delete': { channel: 'manage' },
  'channel:edit': { channel: 'manage' },
  'channel:history': { channel: 'manage' },
  'channel:view': { channel: 'read' },
  'channel:view-artifacts': { channel: 'read' },
  'channel.default-channel:edit': { channel: 'manage' },
  'channel.group:edit': { channel: 'manage' },
  'channel.group:view': { channel: 'read' },
  'channel.mirror:edit': { channel: 'manage' },
  'channel.mirror:view': { channel: 'manage' },
  'mirror:view': { role: 'admin' },
  'subchannel:create': { channel: 'manage' },
  'subchannel:delete': { channel: 'manage' },
  'subchannel:edit': { channel: 'manage' },
  'subchannel:history': { channel: 'manage' },
  'subchannel:view': { channel: 'read' },
  'subchannel:view-artifacts': { channel: 'read' },
  'subchannel.group:edit': { channel: 'manage' },
  'subchannel.group:view': { channel: 'read' },
  'subchannel.mirror:edit': { channel: 'manage' },
  'subchannel.mirror:view': { channel: 'manage' },
} as const satisfies Record<string, { channel: Exclude<Permission, 'none'> } | { role: 'admin' | 'author' }>;

/** An action that asks for a right; also a scope of a token. */
export type Action = keyof typeof ACTIONS;

/** The actions that ask for a right in a channel. */
export type ChannelAction = { [A in Action]: (typeof ACTIONS)[A] extends { channel: string } ? A : never }[Action];

/** The actions that ask for a role. */
export type GlobalAction = Exclude<Action, ChannelAction>;

/** All scopes, in the order they are listed to users. */
export const SCOPES = Object.keys(ACTIONS) as Action[];

/**
 * The answer to "may this principal do this here".
 * `unauthenticated`: say 401, also for a name that does not exist; `hidden`: say 404; `forbidden`: say 403.
 */
export type Verdict = 'allowed' | 'unauthenticated' | 'hidden' | 'forbidden';

const LEVEL: Record<Permission, number> = { none: 0, read: 1, write: 2, manage: 3 };

/**
 * How far a principal may go in a channel.
 *
 * A token never exceeds its owner, and never falls below what anonymous may do. A resource token holds what it lists for
 * exactly that path. A scope token holds a level when it carries every channel scope up to that level; ask
 * {@link channelVerdict} about a single action.
 */
export function channelPermission(principal: Principal, channel: ChannelAccess): Permission {
  const open: Permission = channel.privacy === 'public' ? 'read' : 'none';
  if (principal.kind === 'anonymous') return open;
  const owned = ownersPermission(principal, channel);
  const { grants } = principal;
  if (grants.kind === 'all') return owned;
  const granted = grants.kind === 'resources' ? listed(grants.resources, channel.path) : carried(grants.scopes);
  return higher(open, lower(owned, granted));
}

/**
 * May the principal do this in this channel? `undefined` stands for a channel that does not exist, so both answer alike.
 *
 * @see design.md §7 no. 8: anonymous is asked to sign in for everything that is not public; who is signed in and may not
 * read is told there is nothing.
 */
export function channelVerdict(
  principal: Principal,
  action: ChannelAction,
  channel: ChannelAccess | undefined,
): Verdict {
  if (channel === undefined) return principal.kind === 'anonymous' ? 'unauthenticated' : 'hidden';
  if (covers(actionPermission(principal, action, channel), ACTIONS[action].channel)) return 'allowed';
  if (principal.kind === 'anonymous') return 'unauthenticated';
  return knows(principal, channel) ? 'forbidden' : 'hidden';
}

/**
 * May the principal, who manages `upper`, have it show what `below` shows? Whoever reads `upper` reads that, so where fewer
 * people may read `below` it takes the right to manage that, too.
 *
 * @see design.md §2
 */
export function layerVerdict(principal: Principal, upper: ChannelAccess, below: ChannelAccess | undefined): Verdict {
  if (below === undefined || !isLessPublic(below.privacy, upper.privacy)) {
    return channelVerdict(principal, 'artifact:download', below);
  }
  const noun = below.path.includes('/') ? 'subchannel' : 'channel';
  return channelVerdict(principal, `${noun}.mirror:edit`, below);
}

/** May the principal do this, where no channel is in question? Never `hidden`. */
export function globalVerdict(principal: Principal, action: GlobalAction): Verdict {
  if (principal.kind === 'anonymous') return 'unauthenticated';
  const { grants, roles } = principal;
  const holds = roles.includes('admin') || roles.includes(ACTIONS[action].role);
  const carries = grants.kind === 'all' || (grants.kind === 'scopes' && grants.scopes.has(action));
  return holds && carries ? 'allowed' : 'forbidden';
}

/**
 * May the principal look after the account itself, its tokens above all? With the account's own sign-in only:
 * a token that could make tokens would outlive its own revocation.
 */
export function accountVerdict(principal: Principal): Verdict {
  if (principal.kind === 'anonymous') return 'unauthenticated';
  return principal.grants.kind === 'all' ? 'allowed' : 'forbidden';
}

/** May the principal change what holds for the whole installation? Administrators, with their own sign-in only. */
export function systemVerdict(principal: Principal): Verdict {
  const verdict = accountVerdict(principal);
  if (principal.kind === 'anonymous' || verdict !== 'allowed') return verdict;
  return principal.roles.includes('admin') ? 'allowed' : 'forbidden';
}

/** Whether a permission includes another. */
export function covers(held: Permission, wanted: Permission): boolean {
  return LEVEL[held] >= LEVEL[wanted];
}

/** The permission a principal brings to one action: a scope token needs only this one scope, and without it is anonymous. */
function actionPermission(principal: Principal, action: ChannelAction, channel: ChannelAccess): Permission {
  if (principal.kind === 'anonymous' || principal.grants.kind !== 'scopes')
    return channelPermission(principal, channel);
  if (principal.grants.scopes.has(action)) return ownersPermission(principal, channel);
  return channelPermission(ANONYMOUS, channel);
}

/** What an account may do by itself. The highest of all its titles counts; groups and further roles add titles here. */
function ownersPermission(account: SignedIn, channel: ChannelAccess): Permission {
  if (account.roles.includes('admin')) return 'manage';
  if (channel.owner_id === account.id) return 'manage';
  return channel.privacy === 'private' ? 'none' : 'read';
}

/** Whether the principal may know that the channel exists. A scope token hides nothing from its owner. */
function knows(principal: SignedIn, channel: ChannelAccess): boolean {
  if (principal.grants.kind === 'scopes') return ownersPermission(principal, channel) !== 'none';
  return channelPermission(principal, channel) !== 'none';
}

function listed(resources: readonly { channel: string; permission: Permission }[], path: string): Permission {
  return resources.filter((r) => r.channel === path).reduce<Permission>((p, r) => higher(p, r.permission), 'none');
}

function carried(scopes: ReadonlySet<string>): Permission {
  const missing = SCOPES.filter((s) => !scopes.has(s)).map((s) => ACTIONS[s]);
  const lowest = missing.reduce((n, a) => ('channel' in a ? Math.min(n, LEVEL[a.channel]) : n), LEVEL.manage + 1);
  return (['none', 'read', 'write', 'manage'] as const)[lowest - 1] ?? 'none';
}

function lower(a: Permission, b: Permission): Permission {
  return covers(a, b) ? b : a;
}

function higher(a: Permission, b: Permission): Permission {
  return covers(a, b) ? a : b;
}

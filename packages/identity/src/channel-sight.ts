import type { ChannelSight } from '@sluice/catalog';
import type { Principal } from './principal.ts';

/**
 * Which channels a principal is shown in a list: those on which `channelVerdict` allows the actions, said so that the
 * database can pick them out. The twin of `channelPermission`: change both.
 *
 * @param actions what the list is for.
 */
export function channelSight(
  principal: Principal,
  actions: readonly ('channel:view' | 'subchannel:view')[],
): ChannelSight {
  const publicOnly: ChannelSight = { privacies: ['public'], owner_id: null, paths: null };
  if (principal.kind === 'anonymous') return publicOnly;
  const { grants, id, roles } = principal;
  if (grants.kind === 'scopes' && !actions.every((action) => grants.scopes.has(action))) return publicOnly;
  return {
    privacies: roles.includes('admin') ? ['public', 'authenticated', 'private'] : ['public', 'authenticated'],
    owner_id: id,
    paths: grants.kind === 'resources' ? grants.resources.map((resource) => resource.channel) : null,
  };
}

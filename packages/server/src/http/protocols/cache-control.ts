import type { ChannelRow } from '@sluice/catalog';
import { parseRef } from '@sluice/publish';

const hour = 3600;
const year = 365 * 86_400;

/** Whose caches may keep what a channel shows. */
function sharing({ privacy }: Pick<ChannelRow, 'privacy'>): 'public' | 'private' {
  return privacy === 'public' ? 'public' : 'private';
}

/** Kept by caches, but asked after each time: a 304 is cheap, and the index may lag the rules by two seconds only. */
export function revalidated(channel: Pick<ChannelRow, 'privacy'>): string {
  return `${sharing(channel)}, no-cache`;
}

/** Named by its digest, so it never changes. */
export function immutable(channel: Pick<ChannelRow, 'privacy'>): string {
  return `${sharing(channel)}, max-age=${year}, immutable`;
}

/** A file name means the same bytes for ever; but whether they are let through is asked anew of every client. */
export const PACKAGE_CACHE_CONTROL = `private, max-age=${year}, immutable`;

/**
 * An index file of the past. Publications do not change, so it is kept for a while without asking: not for long, since the
 * publication may be collected.
 *
 * @param ref as in the path; a date or time that is not over yet still moves, and a pin may be given to another.
 */
export function ofThePast(channel: Pick<ChannelRow, 'privacy'>, ref: string, now: Date): string {
  const parsed = parseRef(ref);
  const moves = parsed.kind === 'head' || parsed.kind === 'pin' || (parsed.kind === 'before' && parsed.instant > now);
  return moves ? revalidated(channel) : `${sharing(channel)}, max-age=${hour}`;
}

import type { ChannelRow } from '@sluice/catalog';

/** A channel, as one of its publications shows it. */
export interface Place {
  channel: ChannelRow;
  /** The publication that was asked for by `<channel>@<ref>`; undefined for the head. */
  at: { ref: string; no: number } | undefined;
  /** What the request's credential has to do with the answer, for caches. */
  vary: string | undefined;
}

/** How people write it. */
export function placeName({ channel, at }: Place): string {
  return at ? `${channel.path}@${at.ref}` : channel.path;
}

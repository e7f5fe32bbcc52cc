import { type ChannelRow, type Db, findChannel } from '@sluice/catalog';
import type { ChannelAction } from '@sluice/identity';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { mustHoldInChannel } from './authorize.ts';

const name = z.string().max(300);

/**
 * Where the routes about a channel live: each is registered once for channels and once for subchannels, whose actions
 * have names of their own.
 */
export const CHANNEL_PLACES = [
  { noun: 'channel', url: '/api/channels/:channel', params: z.object({ channel: name }) },
  {
    noun: 'subchannel',
    url: '/api/channels/:channel/subchannels/:subchannel',
    params: z.object({ channel: name, subchannel: name }),
  },
] as const;

const channels = new WeakMap<FastifyRequest, ChannelRow>();

/**
 * A route's `onRequest` that finds the channel its path names and refuses who may not do this there, before anything of
 * the request is validated or read.
 */
export function inChannel(db: Db, action: ChannelAction): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { channel: own, subchannel } = request.params as { channel: string; subchannel?: string };
    const parts = subchannel === undefined ? [own] : [own, subchannel];
    const path = parts.join('/');
    // A slash that came percent-encoded would name a subchannel where a channel is asked for.
    const channel = parts.some((part) => part.includes('/')) ? undefined : await findChannel(db, path);
    mustHoldInChannel(request.principal, action, channel, path);
    channels.set(request, channel);
  };
}

/** The channel that {@link inChannel} found. */
export function channelOf(request: FastifyRequest): ChannelRow {
  return channels.get(request)!;
}

import { z } from 'zod';

/** More cannot be looked through in one glance, and every one is asked about at each download. */
const mostLayers = 20;

const name_priority = z
  .enum(['strict', 'merge'])
  .describe(
    'strict: a package name that a higher tier shows hides that name in lower ones; merge: only the same file is hidden. Tiers: own uploads, all mirrors, each channel below.',
  );

const layers = z
  .array(z.string().max(300))
  .max(mostLayers)
  .describe('Channels or channel/subchannel, the first on top.');

export const ChannelLayersBody = z
  .strictObject({ layers: layers.optional(), name_priority: name_priority.optional() })
  .describe('What is left out stays as it is.');

export const ChannelLayersView = z.object({ layers, name_priority }).meta({ id: 'ChannelLayers' });

import { z } from 'zod';

const user_channel_autocreate = z
  .boolean()
  .describe('Every account gets a private channel of its name at its first sign-in.');

export const SettingsBody = z
  .looseObject({ user_channel_autocreate: user_channel_autocreate.optional() })
  .refine((settings) => Object.keys(settings).length <= 200, 'has more than 200 keys')
  .refine((settings) => !JSON.stringify(settings).includes('\\u0000'), 'holds a NUL character')
  .describe('Keys that Sluice does not know are kept; what is left out stays as it is.');

export const SettingsView = z.looseObject({ user_channel_autocreate }).meta({ id: 'Settings' });

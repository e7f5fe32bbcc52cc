import { z } from 'zod';

const user_channel_autocreate = z
  .boolean()
  .describe('Every account gets a private channel of its name at its first sign-in.');

/** For how many days publications are kept. */
export const RetentionDays = z.object({
  all_days: z.int().min(7).max(36_500).describe('All that were the head within so many days; at least a week.'),
  daily_days: z.int().min(0).max(36_500).describe('Of each UTC day before that the last one, for so many days.'),
});

const collect_grace_hours = z
  .number()
  .min(1)
  .max(8_760)
  .describe('For how many hours a collection leaves alone what nothing needs, twice over.');

export const SettingsBody = z
  .looseObject({
    user_channel_autocreate: user_channel_autocreate.optional(),
    retention: RetentionDays.optional(),
    collect_grace_hours: collect_grace_hours.optional(),
  })
  .refine((settings) => Object.keys(settings).length <= 200, 'has more than 200 keys')
  .refine((settings) => !JSON.stringify(settings).includes('\\u0000'), 'holds a NUL character')
  .describe('Keys that Sluice does not know are kept; what is left out stays as it is.');

export const SettingsView = z
  .looseObject({ user_channel_autocreate, retention: RetentionDays, collect_grace_hours })
  .meta({ id: 'Settings' });

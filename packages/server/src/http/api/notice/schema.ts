import { noticeLevels } from '@sluice/formats/conda';
import { z } from 'zod';

// The rules of a notice are those of the format; here stand only bounds for what is read.
const message = z.string().max(10_000).describe('At most 600 characters.');
const level = z.enum(noticeLevels);
const published = z.boolean().describe('Clients are shown it. One that is not published is a draft.');
const expires_at = z.iso.datetime({ offset: true }).nullable().describe('Null: until it is withdrawn.');

export const CreateNoticeBody = z.strictObject({
  message,
  level: level.default('info'),
  published: published.default(true),
  expires_at: expires_at.default(null),
});

export const EditNoticeBody = z
  .strictObject({
    message: message.optional(),
    level: level.optional(),
    published: published.optional(),
    expires_at: expires_at.optional(),
  })
  .describe('What is left out stays as it is. Who has seen the notice is not shown it again.');

export const NoticeView = z
  .object({ id: z.uuid(), message, level, published, created_at: z.iso.datetime(), expires_at })
  .meta({ id: 'Notice' });

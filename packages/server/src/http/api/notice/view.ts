import type { NoticeRow } from '@sluice/catalog';
import type { z } from 'zod';
import type { NoticeView } from './schema.ts';

/** A notice of a channel. */
export function noticeView(row: NoticeRow): z.output<typeof NoticeView> {
  return {
    id: row.id,
    message: row.message,
    level: row.level,
    published: row.published,
    created_at: row.created_at.toISOString(),
    expires_at: row.expires_at?.toISOString() ?? null,
  };
}

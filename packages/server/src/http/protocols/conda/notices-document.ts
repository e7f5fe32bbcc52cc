import { createHash } from 'node:crypto';
import { type Db, listNotices } from '@sluice/catalog';
import { writeNotices } from '@sluice/formats/conda';

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/** More than anybody reads; conda shows all of them at once. */
const noticesAtMost = 100;

/** The notices.json of a channel as it is now, and its strong ETag. @see CEP 6 */
export async function noticesDocument(db: Db, channelId: number, now: Date): Promise<{ bytes: Buffer; etag: string }> {
  const { rows } = await listNotices(db, { channel_id: channelId, shownAt: now, limit: noticesAtMost, offset: 0 });
  const bytes = Buffer.from(
    writeNotices(
      rows.map((row) => ({
        id: row.id,
        message: row.message,
        level: row.level,
        createdAt: row.created_at.getTime(),
        // conda wants an end; one without is good for a year from today on, so that the document changes once a day.
        expiresAt: row.expires_at?.getTime() ?? Math.floor(now.getTime() / dayMs) * dayMs + yearMs,
      })),
    ),
  );
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"` };
}

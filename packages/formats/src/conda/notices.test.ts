import { describe, expect, it } from 'vitest';
import { checkNotice, type Notice, writeNotices } from './notices.ts';

const notice: Notice = {
  id: 'n-1',
  message: 'Maintenance on Sunday.',
  level: 'warning',
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  expiresAt: Date.UTC(2026, 1, 1),
};

describe('channel notices', () => {
  it('are written with both spellings of the expiry', () => {
    expect(JSON.parse(writeNotices([notice]))).toEqual({
      notices: [
        {
          id: 'n-1',
          message: 'Maintenance on Sunday.',
          level: 'warning',
          created_at: '2026-01-02T03:04:05Z',
          expires_at: '2026-02-01T00:00:00Z',
          expired_at: '2026-02-01T00:00:00Z',
        },
      ],
    });
    expect(writeNotices([])).toBe('{"notices":[]}');
  });

  it('may have 600 characters, counted as a reader counts them', () => {
    expect(checkNotice({ ...notice, message: '🔒'.repeat(600) }).message).toHaveLength(1200);
  });

  it.each<[Partial<Notice>, string]>([
    [{ id: '' }, 'an id'],
    [{ message: ' ' }, 'a message'],
    [{ message: 'x'.repeat(601) }, 'a message of at most 600 characters'],
    [{ level: 'fatal' as 'info' }, 'a level of info, warning, critical'],
    [{ expiresAt: notice.createdAt }, 'a date of expiry after 2026-01-02T03:04:05Z'],
    [{ expiresAt: Number.NaN }, 'dates up to the year 9999'],
    [{ expiresAt: 253_402_300_800_000 }, 'dates up to the year 9999'],
  ])('are refused with %j', (change, wanted) => {
    expect(() => writeNotices([{ ...notice, ...change }])).toThrow(expect.objectContaining({ code: 'notice', wanted }));
  });
});

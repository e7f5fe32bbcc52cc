import { describe, expect, test } from 'vitest';
import { nextRunAfter, scheduleFault } from './schedule.ts';

const next = (cron: string, zone: string, after: string) => nextRunAfter(cron, zone, new Date(after))?.toISOString();

describe('nextRunAfter', () => {
  test.each([
    ['0 0 1 * *', 'UTC', '2026-11-21T10:00:00Z', '2026-12-01T00:00:00.000Z'],
    ['0 0 1 * *', 'UTC', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 1 * *', 'America/New_York', '2026-11-21T10:00:00Z', '2026-12-01T05:00:00.000Z'],
    ['30 4 * * 1-5', 'Europe/Berlin', '2026-11-20T12:00:00Z', '2026-11-23T03:30:00.000Z'],
    ['*/15 * * * *', 'UTC', '2026-11-21T10:14:59Z', '2026-11-21T10:15:00.000Z'],
    ['@daily', 'UTC', '2026-11-21T10:00:00Z', '2026-11-22T00:00:00.000Z'],
    // 02:30 does not exist on 29 March 2026 in Berlin, and exists twice on 25 October.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-29T01:00:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-26T01:30:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2026-11-21T10:00:00Z', '2028-02-29T00:00:00.000Z'],
  ])('%s in %s after %s', (cron, zone, after, expected) => {
    expect(next(cron, zone, after)).toBe(expected);
  });
});

describe('scheduleFault', () => {
  test.each([
    ['0 0 1 * *', 'UTC', undefined],
    ['0 0 1 * *', 'Mars/Olympus', 'time_zone'],
    ['60 * * * *', 'UTC', 'cron'],
    ['* * * *', 'UTC', 'cron'],
    ['0 0 1 * * *', 'UTC', 'cron'],
    ['0 0 31 2 *', 'UTC', 'cron'],
    ['daily', 'UTC', 'cron'],
    ['', 'UTC', 'cron'],
  ])('%s in %s: %s', (cron, zone, fault) => {
    expect(scheduleFault(cron, zone, new Date('2026-11-21T00:00:00Z'))).toBe(fault);
  });
});

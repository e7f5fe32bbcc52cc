import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KeepablePublication, keptPublications, type NeededNumbers, usualRetention } from './kept-publications.ts';

const now = new Date('2026-11-21T12:00:00Z');
const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

function at(...times: string[]): KeepablePublication[] {
  return times.map((time, i) => ({ no: i + 1, created_at: new Date(time) }));
}

const headOf = (list: readonly KeepablePublication[], pinned: number[] = []): NeededNumbers => ({
  head: list.at(-1)!.no,
  monolith: list.at(-1)!.no,
  pinned,
});

describe('what is kept', () => {
  it.each<[string, KeepablePublication[], number[], number[]]>([
    ['the head however old', at('2020-01-01T00:00:00Z'), [], [1]],
    ['what was superseded within 30 days', at('2020-01-01T00:00:00Z', '2026-10-23T00:00:00Z'), [], [1, 2]],
    [
      'of older days the last',
      at('2026-09-01T08:00:00Z', '2026-09-01T23:59:59Z', '2026-09-02T00:00:00Z', '2026-09-02T01:00:00Z'),
      [],
      [2, 4],
    ],
    ['days are UTC days', at('2026-09-01T23:00:00Z', '2026-09-02T00:30:00Z', '2026-09-03T00:00:00Z'), [], [1, 2, 3]],
    [
      'nothing that was superseded more than a year ago',
      at('2025-01-01T00:00:00Z', '2025-11-20T00:00:00Z', '2025-11-22T00:00:00Z', '2026-11-01T00:00:00Z'),
      [],
      [2, 3, 4],
    ],
    [
      'the pinned ones for ever',
      at('2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z', '2020-02-02T00:00:00Z'),
      [1],
      [1, 3],
    ],
  ])('%s', (_what, list, pinned, kept) => {
    expect(keptPublications(list, headOf(list, pinned), usualRetention, now)).toEqual(kept);
  });

  it('the publication whose documents the head serves, while they are being written', () => {
    const list = at('2020-01-01T00:00:00Z', '2020-01-01T01:00:00Z', '2020-01-01T02:00:00Z');
    expect(keptPublications(list, { head: 3, monolith: 2, pinned: [] }, usualRetention, now)).toEqual([2, 3]);
  });

  it('a week, whatever is set', () => {
    const list = at('2026-11-14T13:00:00Z', '2026-11-14T14:00:00Z', '2026-11-14T15:00:00Z');
    const none = { all_days: 0, daily_days: 0 };
    expect(keptPublications(list, headOf(list), none, now)).toEqual([1, 2, 3]);
    expect(keptPublications(list, headOf(list), none, new Date(now.getTime() + 2 * hourMs))).toEqual([2, 3]);
  });
});

const history = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 60 }).map((gaps) => {
  let ms = now.getTime() - 500 * dayMs;
  return gaps.map((gap, i) => {
    ms += gap * hourMs;
    return { no: i + 1, created_at: new Date(ms) };
  });
});
const days = fc.record({ all_days: fc.nat(60), daily_days: fc.nat(400) });
const pins = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 3 });

describe('on random histories', () => {
  it('to drop twice is to drop once', () => {
    fc.assert(
      fc.property(history, days, pins, (list, kept_days, pinned) => {
        const kept = new Set(keptPublications(list, headOf(list, pinned), kept_days, now));
        const left = list.filter(({ no }) => kept.has(no));
        expect(keptPublications(left, headOf(list, pinned), kept_days, now)).toEqual([...kept]);
      }),
    );
  });

  it('what was dropped never comes back, however often and late it is asked', () => {
    fc.assert(
      fc.property(history, days, fc.array(fc.nat(100), { maxLength: 5 }), (list, kept_days, steps) => {
        let time = now.getTime();
        let left = list;
        for (const step of steps) {
          time += step * dayMs;
          const kept = new Set(keptPublications(left, headOf(list), kept_days, new Date(time)));
          const atOnce = keptPublications(list, headOf(list), kept_days, new Date(time));
          // To have dropped before may keep one longer, never less.
          for (const no of atOnce) expect(kept).toContain(no);
          left = left.filter(({ no }) => kept.has(no));
        }
      }),
    );
  });

  it('a dropped one that is young enough for its day was not the last of it', () => {
    fc.assert(
      fc.property(history, (list) => {
        const kept = new Set(keptPublications(list, headOf(list), usualRetention, now));
        for (const { no, created_at } of list) {
          if (kept.has(no) || created_at.getTime() < now.getTime() - usualRetention.daily_days * dayMs) continue;
          const sameDay = list.filter(
            (other) =>
              other.no > no && other.created_at.toISOString().slice(0, 10) === created_at.toISOString().slice(0, 10),
          );
          expect(sameDay.some((other) => kept.has(other.no))).toBe(true);
        }
      }),
    );
  });
});

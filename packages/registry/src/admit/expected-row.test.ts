import { createRepodataScanner } from '@sluice/formats/conda';
import type { Facts } from '@sluice/policy';
import { testRecord } from '@sluice/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PartDifference, partDifference } from './part-difference.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Names in the order of the document, each with what is written in its record; 3 is no record of its file. */
const state = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.nat(3)), { selector: ([name]) => name });
const layout = fc.constantFrom(undefined, 1);
const listing = fc.record({ exports: fc.boolean(), v3: fc.constantFrom<string[]>([], ['c']) });
const edition = fc.record({ state, layout, listing, cuts: fc.array(fc.nat(4000), { maxLength: 3 }) });
type Edition = typeof edition extends fc.Arbitrary<infer T> ? T : never;

function textOf({ state, layout, listing }: Edition): Buffer {
  const map = (entries: Edition['state']) =>
    Object.fromEntries(
      entries.map(([name, text]) => [`${name}-1-0`, testRecord(name, text === 3 ? '9' : '1', { size: text })]),
    );
  const files = Object.entries(map(state.filter(([name]) => !listing.v3.includes(name))));
  const document = {
    'packages.conda': Object.fromEntries(files.map(([stem, record]) => [`${stem}.conda`, record])),
    v3: { conda: map(state.filter(([name]) => listing.v3.includes(name))) },
  };
  return Buffer.from(JSON.stringify(document, undefined, layout));
}

function chunksOf(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, i) => bytes.subarray(places[i], end));
}

/** Go through an edition; `unread` counts the records that were taken unread. */
function gone(before: Facts | undefined, one: Edition, looksAhead: boolean): { into: PartDifference; unread: number } {
  const into = partDifference(before, { subdir: 'noarch', revision: 1, rest: 'gone', expected: 8 });
  const extra = Buffer.from('{"weak":["x"]}');
  const listedWith = (file: string) => ({ extra: one.listing.exports && file > 'd' ? extra : null });
  let unread = 0;
  const scanner = createRepodataScanner({
    onRecord: (bucket, file, body) => void into.take(file, body, { v3: bucket.startsWith('v3.'), ...listedWith(file) }),
    isKnown(bucket, chunk, at) {
      if (!looksAhead || bucket.startsWith('v3.')) return 0;
      const end = into.takeExpected(chunk, at, one.listing.exports ? listedWith : undefined);
      if (end > 0) unread++;
      return end;
    },
  });
  for (const chunk of chunksOf(textOf(one), one.cuts)) scanner.push(chunk);
  scanner.end();
  return { into, unread };
}

const seen = (difference: PartDifference) => ({
  counts: difference.counts(),
  ended: difference.ended().sort(),
  refused: difference.refused,
  digest: Buffer.from(difference.digest()).toString('hex'),
});

test('what is taken unread is what reading would have taken', () => {
  fc.assert(
    fc.property(fc.array(edition, { minLength: 2, maxLength: 6 }), (history) => {
      let before: Facts | undefined;
      for (const one of history) {
        const ahead = gone(before, one, true).into;
        expect(seen(ahead)).toEqual(seen(gone(before, one, false).into));
        before = ahead.facts();
      }
    }),
    { numRuns: 300 },
  );
});

test('records that have not changed are taken unread, also around those that changed before', () => {
  const listed = { exports: false, v3: [] };
  const edition = (texts: number[]): Edition => ({
    state: names.map((name, i) => [name, texts[i]!] as const as [string, number]),
    ...{ layout: undefined, listing: listed, cuts: [] },
  });
  const first = gone(undefined, edition([0, 0, 0, 0, 0, 0, 0, 0]), true);
  const second = gone(first.into.facts(), edition([0, 1, 0, 0, 1, 1, 0, 0]), true);
  const third = gone(second.into.facts(), edition([0, 1, 0, 0, 1, 1, 0, 2]), true);
  expect([first.unread, second.unread, third.unread]).toEqual([0, 5, 6]);
});

test('an index that lists a file twice is refused, also where one or both are those of before', () => {
  const place = fc.record({ map: fc.constantFrom('packages', 'packages.conda'), before: fc.nat(names.length) });
  fc.assert(
    fc.property(place, fc.constantFrom(...names), fc.boolean(), fc.nat(3000), ({ map, before }, name, isSame, cut) => {
      const first = { state: names.map((one) => [one, 0] as [string, number]), listing: { exports: false, v3: [] } };
      const known = gone(undefined, { ...first, layout: undefined, cuts: [] }, true).into.facts();
      const members = names.map((one) => [`${one}-1-0.conda`, testRecord(one, '1', { size: 0 })] as const);
      const twice = [`${name}-1-0.conda`, testRecord(name, '1', { size: isSame ? 0 : 1 })] as const;
      const text = (list: readonly (readonly [string, object])[]) =>
        `{${list.map(([file, record]) => `"${file}":${JSON.stringify(record)}`).join(',')}}`;
      const document =
        map === 'packages'
          ? `{"packages":${text([twice])},"packages.conda":${text(members)}}`
          : `{"packages.conda":${text(members.toSpliced(before, 0, twice))}}`;
      const into = partDifference(known, { subdir: 'noarch', revision: 2, rest: 'gone', expected: 8 });
      const scanner = createRepodataScanner({
        onRecord: (_, file, body) => void into.take(file, body),
        isKnown: (_, chunk, at) => into.takeExpected(chunk, at),
      });
      expect(() => {
        for (const chunk of chunksOf(Buffer.from(document), [cut])) scanner.push(chunk);
      }).toThrow(expect.objectContaining({ code: 'index_duplicate_file' }));
    }),
  );
});

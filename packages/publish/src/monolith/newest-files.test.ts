import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type NewestFiles, newestFiles } from './newest-files.ts';

interface File {
  fn: string;
  version: string;
  timestamp?: number | undefined;
}

/** The newest files of records that come in this order. */
function newestOf(...records: File[]): string[] {
  const newest = newestFiles('linux-64');
  addTo(newest, records);
  return newest.list().map(({ fn }) => fn);
}

function addTo(newest: NewestFiles, records: readonly File[]): void {
  for (const { fn, version, timestamp } of records) {
    const text = Buffer.from(JSON.stringify({ name: 'b', version, build: '0', build_number: 0, timestamp }));
    newest.add(fn, text, 0, text.byteLength);
  }
}

it.each(['1', '!'])(
  'takes of equals the first by file name, whichever map of the document it stands in: version %s',
  (version) => {
    const [old, young] = [`b-${version}-1.tar.bz2`, `b-${version}-0.conda`].map((fn) => ({ fn, version }));
    expect(newestOf(old!, young!)).toEqual([young!.fn]);
    const other = { fn: 'a-1-0.conda', version: '1' };
    expect(newestOf(old!, other, young!)).toEqual([other.fn, young!.fn]);
  },
);

it('takes the one built last, then the newer version', () => {
  const early = { fn: 'b-1-0.conda', version: '1', timestamp: 1_600_000_000_000 };
  const late = { fn: 'b-1-1.conda', version: '1', timestamp: 1_700_000_000_000 };
  expect(newestOf(early, late)).toEqual([late.fn]);
  expect(newestOf({ fn: 'b-1-1.tar.bz2', version: '1', timestamp: 1_700_000_000_000 }, early)).toEqual([
    'b-1-1.tar.bz2',
  ]);
  expect(newestOf(late, { fn: 'b-1.1-0.conda', version: '1.1' })).toEqual(['b-1.1-0.conda']);
});

it('takes one of however many', () => {
  const newest = newestFiles('linux-64');
  addTo(
    newest,
    Array.from({ length: 150_000 }, (_, i) => ({ fn: `b-1-${i}.conda`, version: '1' })),
  );
  expect(newest.list()).toMatchObject([{ fn: 'b-1-0.conda' }]);
});

const file = fc
  .tuple(
    fc.constantFrom('b', 'b-1'),
    fc.constantFrom('1', '1.0', '2', '!', '?'),
    fc.nat(1),
    fc.constantFrom('conda', 'tar.bz2'),
  )
  .chain(([name, version, build, ending]) =>
    fc.record({
      fn: fc.constant(`${name}-${version}-${build}.${ending}`),
      version: fc.constant(version),
      timestamp: fc.constantFrom(undefined, 1_600_000_000_000, 1_700_000_000_000),
    }),
  );

it('needs of files that were looked at before only the newest', () => {
  fc.assert(
    fc.property(fc.uniqueArray(file, { selector: ({ fn }) => fn }), fc.nat(), (files, cut) => {
      const [all, before, after] = [newestFiles('linux-64'), newestFiles('linux-64'), newestFiles('linux-64')];
      addTo(all, files);
      addTo(before, files.slice(0, cut % (files.length + 1)));
      for (const one of before.list()) after.addNewest(one);
      addTo(after, files.slice(cut % (files.length + 1)));
      expect(after.list()).toEqual(all.list());
    }),
    { numRuns: 500 },
  );
});

import { expect, it } from 'vitest';
import { newestFiles } from './newest-files.ts';

/** The newest files of records that come in this order. */
function newestOf(...records: { fn: string; version: string; timestamp?: number }[]): string[] {
  const newest = newestFiles('linux-64');
  for (const { fn, version, timestamp } of records) {
    const text = Buffer.from(JSON.stringify({ name: 'b', version, build: '0', build_number: 0, timestamp }));
    newest.add(fn, text, 0, text.byteLength);
  }
  return newest.list().map(({ fn }) => fn);
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

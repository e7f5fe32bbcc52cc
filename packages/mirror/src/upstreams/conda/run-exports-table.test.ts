import { expect, test } from 'vitest';
import { runExportsTable } from './run-exports-table.ts';

const text = (of: unknown) => Buffer.from(JSON.stringify(of));

test('finds the run exports of each of many files', () => {
  const table = runExportsTable();
  for (let i = 0; i < 5000; i++) table.add(`a-${i}-0.conda`, text({ weak: [`a >=${i % 100}`] }));
  for (let i = 0; i < 5000; i++) expect(table.of(`a-${i}-0.conda`)).toEqual(text({ weak: [`a >=${i % 100}`] }));
  expect(table.of('b-1-0.conda')).toBeNull();
});

test('takes only so many different texts, and so many bytes of them', () => {
  const broken = expect.objectContaining({ code: 'upstream_malformed' });
  const few = runExportsTable({ texts: 2, bytes: 1000 });
  for (let i = 0; i < 100; i++) few.add(`a-${i}-0.conda`, text(i % 2));
  expect(() => few.add('b-1-0.conda', text('another'))).toThrow(broken);
  const short = runExportsTable({ texts: 1000, bytes: 10 });
  short.add('a-1-0.conda', text(12345));
  expect(() => short.add('a-2-0.conda', text(123456))).toThrow(broken);
});

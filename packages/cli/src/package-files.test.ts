import { expect, test } from 'vitest';
import { packageOfFile } from './package-files.ts';

test.each([
  ['a-b-1.0-py_0.conda', { family: 'conda', name: 'a-b' }],
  ['a-b-1.0-0.tar.bz2', { family: 'conda', name: 'a-b' }],
  ['Foo.Bar-1.0-1-py2.py3-none-any.whl', { family: 'python', name: 'foo-bar' }],
  ['foo_bar-1.0.tar.gz', { family: 'python', name: 'foo-bar' }],
  ['foo-bar-1.0.zip', { family: 'python', name: 'foo-bar' }],
  ['data.table_1.14-8.tar.gz', { family: 'cran', name: 'data.table' }],
  ['MASS_7.3-60.tgz', { family: 'cran', name: 'MASS' }],
  ['notes.txt', undefined],
  ['foo.tar.gz', undefined],
])('%s is a file of %j', (fileName, wanted) => {
  expect(packageOfFile(fileName)).toEqual(wanted);
});

import { expect, it } from 'vitest';
import { type FactsRow, factsBuilder } from './builder.ts';

const some: FactsRow = {
  ...{ file: '', name: 'a', version: '1', build: '', buildNumber: 0 },
  ...{ licence: {}, fromRev: 1, length: 2, recordHash: [1, 2] },
};

it.each([
  ['linux-64', 'a-1-py312_0.conda', 'py312_0', 0],
  ['linux-64', 'a-1-py312_0.tar.bz2', 'py312_0', 0],
  ['linux-64', 'a-1-.conda', '', 0],
  ['linux-64', 'a-1-py312_0.conda', 'PY312_0', 1],
  ['linux-64', 'a-1-b-c.conda', 'b-c', 1],
  ['linux-64', 'a-1-b.c.conda.tar.bz2', 'b.c', 1],
  ['linux-64', 'a.conda', 'a', 1],
  ['linux-64', 'a.conda', '', 1],
  ['pypi', 'a-1-py3-none-any.whl', 'py3-none-any', 1],
  ['pypi', 'a-1.tar.gz', 'sdist', 1],
  ['files', 'setup.exe', '', 1],
])('a build of %s is read in the name of %s, or is a word: %j', (subdir, file, build, words) => {
  const builder = factsBuilder(subdir);
  builder.add({ ...some, file, build });
  const { builds } = builder.build();
  expect(builds.at(0)).toBe(build);
  expect(builds.words).toHaveLength(words);
});

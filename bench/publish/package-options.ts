import type { CondaPackageOptions } from '@sluice/testkit';
import { hexWords, randomOf } from '../synthetic/random.ts';
import { syntheticNames } from '../synthetic/records.ts';

/** Which packages to invent. */
export interface CorpusParams {
  readonly files: number;
  readonly seed: number;
}

/** Builds of each name. */
const buildsPerName = 20;

const licences = ['MIT', 'BSD-3-Clause', 'Apache-2.0', 'GPL-3.0-or-later', 'MPL-2.0'];
const begin_ms = Date.UTC(2020, 0, 1);
const day_ms = 86_400_000;

/** What each package of the corpus is made of: 20 builds a name, ten requirements each, one in ten a `.tar.bz2`. */
export function packageOptions({ files, seed }: CorpusParams): (index: number) => CondaPackageOptions {
  const names = syntheticNames({ seed, names: Math.ceil(files / buildsPerName) + 10, records: files }).map(
    ({ name }) => name,
  );
  return (index) => {
    const place = Math.floor(index / buildsPerName);
    const number = index % buildsPerName;
    const random = randomOf(seed, 20, index);
    const name = names[place]!;
    const version = `${1 + (number >> 3)}.${number & 7}.0`;
    const depends = Array.from({ length: 10 }, (_, at) => {
      const other = names[(place + 1 + at * 7) % names.length]!;
      return at < 3 ? other : `${other} >=${random.below(3)}.${random.below(9)},<${4 + random.below(3)}.0a0`;
    });
    return {
      name,
      version,
      build: `h${hexWords(random, 1).slice(0, 7)}_0`,
      subdir: 'linux-64',
      depends: depends.sort(),
      license: licences[place % licences.length]!,
      timestamp: begin_ms + index * 1000 + random.below(day_ms),
      about: {
        home: `https://example.org/${name}`,
        dev_url: `https://example.org/${name}/source`,
        license: licences[place % licences.length]!,
        summary: `The package ${name}, made up for a benchmark.`,
        description: `Version ${version} of ${name}. ${words(random, 40)}`,
        extra: { 'recipe-maintainers': ['one', 'another'] },
      },
      runExports: { weak: [`${name} >=${version},<${number + 2}.0a0`] },
      files: {
        [`lib/lib${name}.so`]: Buffer.from(hexWords(random, 1270), 'hex'),
        [`share/${name}/notes.txt`]: words(random, 60),
        [`bin/${name}`]: '#!/bin/sh\nexit 0\n',
      },
      info: { 'recipe/meta.yaml': `package:\n  name: ${name}\n  version: ${version}\n`, files: `bin/${name}\n` },
      format: index % 10 === 9 ? 'tar.bz2' : 'conda',
    };
  };
}

function words(random: ReturnType<typeof randomOf>, count: number): string {
  const choice = ['reads', 'writes', 'fast', 'tables', 'of', 'numbers', 'and', 'text', 'safely', 'for', 'people'];
  return Array.from({ length: count }, () => choice[random.below(choice.length)]!).join(' ');
}

import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { factsBuilder } from '../facts/builder.ts';
import { factsRowOf } from '../facts/record-facts.ts';
import { layerRules } from '../layer-rules.ts';

/** Why a file is left out where only these versions of Python come in. */
function reason(
  versions: string[],
  [name, version, build]: [string, string, string],
  depends: unknown,
  more: object = {},
) {
  const builder = factsBuilder('linux-64');
  const body = JSON.stringify({ build, build_number: 0, depends, name, version, ...more });
  builder.add(factsRowOf('linux-64')(`${name}-${version}-${build}.conda`, Buffer.from(body), 1));
  const filters = { python_versions: versions };
  const rules = layerRules({ types: ['conda'], channel: {}, mirror: { filters, keepLegacy: true } });
  return evaluate(rules, builder.build(), 0).reasons[0];
}

const tool = (build: string): [string, string, string] => ['tool', '1.0', build];

test.each<[string, [string, string, string], unknown, boolean]>([
  ['noarch that admits it', tool('py_0'), ['python >=3.8'], true],
  ['noarch that does not', tool('py_0'), ['python <3.9'], false],
  ['built for an older one', tool('py27_0'), ['python 2.7*'], false],
  ['built for an older one, which depends on any', tool('np111py27_0'), ['numpy', 'python'], false],
  ['built for it', tool('py310h06a4308_0'), ['libgcc-ng >=7.5.0', 'python >=3.10,<3.11.0a0'], true],
  ['built for 3.1', tool('py31_0'), [], false],
  ['a C library', tool('h7f8727e_0'), ['libgcc-ng >=7.5.0'], true],
  ['nothing about what it depends on', tool('0'), undefined, true],
  ['a name that begins so', tool('0'), ['python-dateutil >=2', 'python_abi 3.9.* *_cp39', 'python.app <2'], true],
  ['numpy in the build is no Python', tool('numpy27h1_0'), [], true],
  ['a patch release of it', tool('0'), ['python 3.10.4.*'], true],
  ['a release of another', tool('0'), ['python ==3.9.7'], false],
  ['a build of it', tool('0'), ['python 3.10.* *_cpython'], true],
  ['two that agree', tool('0'), ['python >=3.8', 'python <3.11'], true],
  ['two of which one does not', tool('0'), ['python >=3.8', 'python <3.10'], false],
  ['brackets', tool('0'), ['python[version=">=3.11"]'], false],
  ['what cannot be read', tool('0'), ['python >='], false],
  ['Python itself', ['python', '3.10.4', 'h12debd9_0'], [], true],
  ['another Python', ['python', '3.1.5', '0'], [], false],
])('Python 3.10: %s', (_, file, depends, kept) => {
  expect(reason(['3.10'], file, depends)?.code).toBe(kept ? undefined : 'python');
  // The same where the record is not a plain one.
  expect(reason(['3.10'], file, depends, { about: { any: 'thing' } })?.code).toBe(kept ? undefined : 'python');
});

test('several versions, and a reason that says what was seen', () => {
  expect(reason(['3.9', '3.10'], tool('py39_0'), ['python >=3.9,<3.10.0a0'])).toBeUndefined();
  expect(reason(['3.9', '3.11'], tool('py310_0'), ['python >=3.10,<3.11.0a0'])).toMatchObject({
    rule: 'python_versions: 3.9, 3.11',
    evidence: 'its build is py310_0, it depends on python >=3.10,<3.11.0a0',
  });
});

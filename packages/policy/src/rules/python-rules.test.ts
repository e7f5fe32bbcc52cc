import { expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { factsBuilder } from '../facts/builder.ts';
import { factsRowOf } from '../facts/record-facts.ts';
import type { MirrorFilters } from '../filters.ts';
import { layerRules } from '../layer-rules.ts';

const files = [
  'demo/demo-1.0.tar.gz',
  'demo/demo-1.0-py3-none-any.whl',
  'demo/demo-2.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  'demo/demo-2.0-cp311-cp311-win_amd64.whl',
  'demo/demo-2.0-cp39-abi3-macosx_11_0_universal2.whl',
  'demo/demo-10.0-py2-none-any.whl',
  'other/other-1.0.tar.gz',
];

function reasons(filters: MirrorFilters): (string | undefined)[] {
  const builder = factsBuilder('pypi');
  const read = factsRowOf('pypi');
  for (const file of files) {
    const body = Buffer.from(JSON.stringify({ filename: file.split('/')[1], url: 'x', hashes: {} }));
    builder.add(read(file, body, 1));
  }
  const facts = builder.build();
  const rules = layerRules({ types: ['python'], channel: {}, mirror: { filters, keepLegacy: false } });
  return files.map((_, i) => evaluate(rules, facts, i).reasons[0]?.code);
}

const kept = undefined;

test.each<[string, MirrorFilters, (string | undefined)[]]>([
  ['nothing', {}, [kept, kept, kept, kept, kept, kept, kept]],
  ['projects', { projects: ['demo'] }, [kept, kept, kept, kept, kept, kept, 'name']],
  ['platforms', { platforms: ['linux-64'] }, [kept, kept, kept, 'platform', 'platform', kept, kept]],
  [
    'a platform of a wheel for several',
    { platforms: ['osx-arm64'] },
    [kept, kept, 'platform', 'platform', kept, kept, kept],
  ],
  ['versions of Python', { python_versions: ['3.12'] }, [kept, kept, kept, 'python', kept, 'python', kept]],
  ['the newest version', { latest_versions: 1 }, Array.from(files, (_, i) => (i < 5 ? 'latest_versions' : kept))],
  [
    'the newest of those that are kept',
    { latest_versions: 1, python_versions: ['3.12'] },
    ['latest_versions', 'latest_versions', kept, 'python', kept, 'python', kept],
  ],
])('%s', (_, filters, expected) => {
  expect(reasons(filters)).toEqual(expected);
});

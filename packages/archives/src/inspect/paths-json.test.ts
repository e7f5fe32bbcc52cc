import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPathsJson } from './paths-json.ts';
import { createPathsTally } from './paths-summary.ts';

function read(text: string, cuts: readonly number[] = []) {
  const paths: [string, string | undefined][] = [];
  const tally = createPathsTally();
  const reader = readPathsJson({ ...tally, add: (path, prefix) => paths.push([path, prefix]) });
  const bytes = Buffer.from(text);
  const places = [
    0,
    ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other),
    bytes.length,
  ];
  for (let index = 1; index < places.length; index++)
    reader.write(Buffer.from(bytes.subarray(places[index - 1], places[index])));
  reader.end();
  return { paths, readable: reader.readable };
}

describe('readPathsJson', () => {
  test('finds the same paths as JSON.parse, in whatever pieces the text comes', () => {
    const path = fc.record(
      {
        _path: fc.oneof(fc.string(), fc.constantFrom('"}]{[', '\\', '\\"', 'ü/🙂')),
        path_type: fc.constantFrom('hardlink', 'softlink'),
        prefix_placeholder: fc.constantFrom('/opt/x', ''),
        file_mode: fc.constantFrom('text', 'binary'),
        nested: fc
          .anything({ values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)], maxDepth: 2 })
          .map((value) => JSON.parse(JSON.stringify(value) ?? 'null')),
      },
      { requiredKeys: ['_path'] },
    );
    const list = fc.array(path, { maxLength: 6 });
    const more = fc.dictionary(
      fc.string().filter((key) => key !== 'paths'),
      fc.oneof(fc.integer(), fc.string(), fc.array(path, { maxLength: 2 })),
    );
    fc.assert(
      fc.property(
        list,
        more,
        fc.boolean(),
        fc.nat(3),
        fc.array(fc.nat(5000), { maxLength: 5 }),
        (paths, others, last, indent, cuts) => {
          const value = last ? { ...others, paths } : { paths, ...others };
          expect(read(JSON.stringify(value, undefined, indent), cuts)).toEqual({
            paths: paths.map(({ _path, prefix_placeholder, file_mode }) => [
              _path,
              prefix_placeholder ? (file_mode === 'binary' ? 'binary' : 'text') : undefined,
            ]),
            readable: true,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each([
    ['nothing', ''],
    ['no list', '{"paths_version": 1}'],
    ['a list at the root', '[{"_path": "a"}]'],
    ['an object for the list', '{"paths": {"a": {"_path": "a"}}}'],
    ['a cut', '{"paths": [{"_path": "a"}, {"_pa'],
    ['a path without its name', '{"paths": [{"path": "a"}]}'],
    ['a record that is no JSON', '{"paths": [{"_path": nonsense}]}'],
    ['too many ends', '{"paths": []}}'],
    ['a record of 1 MB', `{"paths": [{"_path": "${'x'.repeat(1_000_000)}"}]}`],
  ])('%s is not readable', (_, text) => {
    expect(read(text, [3, 40, 900_000]).readable).toBe(false);
  });
});

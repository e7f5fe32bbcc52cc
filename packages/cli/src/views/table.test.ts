import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fields, table } from './table.ts';
import { plain, type View, viewOf } from './view.ts';
import { lengthOf, wrap } from './wrap.ts';

const view: View = { width: 40, paint: (_, text) => text };

test('a table stands in columns, numbers at the right, nothing as a dash', () => {
  expect(
    table(
      ['NAME', 'FILES', 'WHAT'],
      [
        ['a', 7, 'short'],
        ['long-name', 1234, null],
      ],
      view,
    ),
  ).toBe(['NAME       FILES  WHAT', 'a              7  short', 'long-name   1234  -'].join('\n'));
});

test('prose gives way before names, and goes on in the next line', () => {
  const shown = table(['FILE', 'WHY'], [['zlib-1.2.conda', 'its licence is BSD and this is not allowed']], view);
  expect(shown.split('\n')).toEqual([
    'FILE            WHY',
    'zlib-1.2.conda  its licence is BSD and',
    '                this is not allowed',
  ]);
});

test('whatever the cells, no line is too wide and no character is lost', () => {
  const cell = fc.stringMatching(/^[a-z0-9 .]{0,60}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      const shown = table(['A', 'B', 'C'], rows, view);
      expect(Math.max(...shown.split('\n').map(lengthOf))).toBeLessThanOrEqual(view.width);
      const letters = (text: string) => text.replace(/[^a-z0-9.]/g, '').length;
      expect(letters(shown)).toBe(letters(rows.flat().join('')));
    }),
  );
});

test('wrapped lines are never wider than asked, and say the same', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zé ]{0,80}$/), fc.integer({ min: 1, max: 20 }), (text, width) => {
      const lines = wrap(text, width);
      expect(lines.every((line) => lengthOf(line) <= width)).toBe(true);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
    }),
  );
});

test('the names of fields stand beneath each other', () => {
  expect(
    fields(
      [
        ['name', 'x'],
        ['longer', 'one two three four five six seven eight'],
      ],
      view,
    ),
  ).toBe(['name    x', 'longer  one two three four five six', '        seven eight'].join('\n'));
});

test.each([
  ['colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a title of the window', 'a\u001b]0;gotcha\u0007b', 'ab'],
  ['line breaks', 'a\r\nb', 'a b'],
  ['a lone control character', 'a\u009bb\u0000c', 'abc'],
  ['a change of direction', 'a\u202eb', 'ab'],
])('what could steer a terminal is taken out: %s', (_, text, shown) => {
  expect(plain(text)).toBe(shown);
});

test.each([
  { isTTY: true, env: {}, painted: true },
  { isTTY: true, env: { NO_COLOR: '1' }, painted: false },
  { isTTY: true, env: { TERM: 'dumb' }, painted: false },
  { isTTY: false, env: {}, painted: false },
])('colour is for terminals that want it: %j', ({ isTTY, env, painted }) => {
  const { paint, width } = viewOf({ stdout: { isTTY, columns: 120 } as NodeJS.WriteStream, env });
  expect(paint('red', 'x') !== 'x').toBe(painted);
  expect(width).toBe(isTTY ? 120 : 80);
});

import { describe, expect, test } from 'vitest';
import { gatherTree } from './gather-tree.ts';

/** File names to paragraphs and what stands beside them, as records come: by file name in byte order. */
function tree(files: Record<string, [body: string, aside?: object]>) {
  const gathered = gatherTree();
  for (const file of Object.keys(files).sort()) {
    const [body, aside] = files[file]!;
    const extra = aside ? JSON.stringify(aside) : '';
    const bytes = Buffer.from(`..${file}${body}${extra}`);
    const bodyAt = 2 + file.length;
    const bodyEnd = bodyAt + Buffer.byteLength(body);
    const place = {
      bytes,
      fileAt: 2,
      fileEnd: bodyAt,
      bodyAt,
      bodyEnd,
      v3: false,
      signaturesAt: -1,
      signaturesEnd: -1,
    };
    gathered.add({ ...place, extraAt: aside ? bodyEnd : -1, extraEnd: bytes.length });
  }
  const { rows, current, archived } = gathered.end();
  return { rows: rows.map((row) => `${row.get('Package')} ${row.get('Version')}`), current, archived };
}

const row = (name: string, version: string): string => `Package: ${name}\nVersion: ${version}\nLicense: MIT\n`;
const bare = (name: string, version: string): string => `Package: ${name}\nVersion: ${version}\n`;
const file = (path: string) => ({ path, size: undefined, mtime: undefined });

describe('a tree', () => {
  test('lists the newest of each name and archives the others, the oldest first', () => {
    const listed = tree({
      'aa_1.10.tar.gz': [row('aa', '1.10')],
      'aa_1.9.tar.gz': [row('aa', '1.9')],
      'aa_1.9-1.tar.gz': [row('aa', '1.9-1')],
      'aB_1.0.tar.gz': [row('aB', '1.0')],
      'a.b_1.0.tar.gz': [row('a.b', '1.0')],
    });
    expect(listed.rows).toEqual(['a.b 1.0', 'aB 1.0', 'aa 1.10']);
    expect(listed.archived).toEqual([['aa', [file('aa/aa_1.9.tar.gz'), file('aa/aa_1.9-1.tar.gz')]]]);
    expect(listed.current.map(({ path }) => path)).toEqual(['a.b_1.0.tar.gz', 'aB_1.0.tar.gz', 'aa_1.10.tar.gz']);
  });

  test('lists no file of which only the archive tells, nor what was withdrawn', () => {
    const listed = tree({
      'aa_1.0.tar.gz': [row('aa', '1.0'), { archived: true }],
      'aa_2.0.tar.gz': [bare('aa', '2.0'), { archived: true, size: 12, mtime: '2026-01-02T03:04:05Z' }],
      'bb_1.0.tar.gz': [row('bb', '1.0'), { archived: true, withdrawn: true }],
    });
    expect(listed.rows).toEqual(['aa 1.0']);
    expect(listed.archived).toEqual([
      ['aa', [{ path: 'aa/aa_2.0.tar.gz', size: 12, mtime: Date.parse('2026-01-02T03:04:05Z') / 1000 }]],
      ['bb', [file('bb/bb_1.0.tar.gz')]],
    ]);
  });

  test('says of uploads when they were published', () => {
    const { current } = tree({
      'aa_1.0.tar.gz': [`${row('aa', '1.0')}Published: 2026-01-02T03:04:05Z\n`, { size: 3 }],
    });
    expect(current).toEqual([{ path: 'aa_1.0.tar.gz', size: 3, mtime: 1767323045 }]);
  });

  test('may be empty', () => expect(tree({})).toEqual({ rows: [], current: [], archived: [] }));
});

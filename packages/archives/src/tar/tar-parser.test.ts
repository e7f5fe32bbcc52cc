import { buildTar, type TarItem } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TarEntry } from './tar-entry.ts';
import { createTarParser } from './tar-parser.ts';

type Read = TarEntry & { content: string };

function parse(tar: Uint8Array, cuts: readonly number[] = []): Read[] {
  const read: Read[] = [];
  const parser = createTarParser((entry) => {
    const parts: Buffer[] = [];
    const here = { ...entry, content: '' };
    read.push(here);
    return {
      write: (piece) => parts.push(Buffer.from(piece)),
      end: () => {
        here.content = Buffer.concat(parts).toString();
      },
    };
  });
  const places = [
    0,
    ...[...cuts].sort((one, other) => one - other).map((cut) => Math.min(cut, tar.length)),
    tar.length,
  ];
  for (let index = 1; index < places.length; index++) parser.push(tar.subarray(places[index - 1], places[index]));
  parser.end();
  return read;
}

/** A header block with everything in the hand of the test. */
function header(fields: {
  name?: string;
  type?: string;
  size?: number | string;
  link?: string;
  magic?: string;
  prefix?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  const { name = 'file', type = '0', size = 0, link = '', magic = 'ustar\x0000', prefix = '' } = fields;
  block.write(name, 0);
  block.write('0000644\0', 100);
  block.write(typeof size === 'string' ? size : `${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  block.write('00000000000\0', 136);
  block.write(type, 156, 'latin1');
  block.write(link, 157);
  block.write(magic, 257, 'latin1');
  block.write(prefix, 345);
  return seal(block);
}

function seal(block: Buffer): Buffer {
  block.write('        ', 148);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

const body = (content: string | Buffer) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
};
const extended = (type: string, content: string | Buffer) =>
  Buffer.concat([header({ name: 'ext', type, size: Buffer.byteLength(content) }), body(content)]);
const record = (text: string) => {
  for (let length = text.length + 3; ; length++) {
    const line = `${length} ${text}\n`;
    if (Buffer.byteLength(line) === length) return line;
  }
};
const END = Buffer.alloc(1024);
const tarOf = (...blocks: Buffer[]) => Buffer.concat([...blocks, END]);

describe('createTarParser', () => {
  test('reads what tar-stream writes, in whatever pieces it comes', async () => {
    const name = fc.stringMatching(/^[a-z0-9_.é-]{1,20}(\/[a-z0-9 _.-]{1,60}){0,6}$/);
    const item: fc.Arbitrary<TarItem> = fc.oneof(
      fc.record({ path: name, content: fc.string({ maxLength: 1200 }) }),
      fc.record({ path: name, type: fc.constantFrom('symlink' as const, 'link' as const), target: name }),
      name.map((path) => ({ path: `${path}/`, type: 'directory' as const })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { minLength: 1, maxLength: 8 }),
        fc.array(fc.nat(20_000), { maxLength: 8 }),
        async (items, cuts) => {
          const kinds = { file: 'file', directory: 'directory', symlink: 'symlink', link: 'hardlink' } as const;
          const wanted = items.map(({ path, content = '', type = 'file', target }) => ({
            path,
            kind: kinds[type as keyof typeof kinds],
            size: Buffer.byteLength(content),
            ...(target === undefined ? {} : { target }),
            content,
          }));
          expect(parse(await buildTar(items), cuts)).toEqual(wanted);
        },
      ),
      { numRuns: 100 },
    );
  });

  test.each<[string, Buffer, Partial<Read>]>([
    [
      'a GNU long name',
      tarOf(extended('L', `${'n'.repeat(300)}\0`), header({ magic: 'ustar  \0' })),
      { path: 'n'.repeat(300) },
    ],
    [
      'a GNU long target',
      tarOf(extended('K', `${'t'.repeat(300)}\0`), header({ type: '2', link: 'short' })),
      { target: 't'.repeat(300) },
    ],
    ['a name in two parts', tarOf(header({ name: 'b', prefix: 'a' })), { path: 'a/b' }],
    ['a name of exactly 100', tarOf(header({ name: 'n'.repeat(100) })), { path: 'n'.repeat(100) }],
    ['the old format', tarOf(header({ magic: '' })), { path: 'file' }],
    ['a directory of the old format', tarOf(header({ name: 'dir/', type: '\0', magic: '' })), { kind: 'directory' }],
    ['a pax path', tarOf(extended('x', record('path=ünï')), header({})), { path: 'ünï' }],
    ['a comment for all', tarOf(extended('g', record('comment=from git')), header({})), { path: 'file' }],
    ['no end mark', Buffer.concat([header({ size: 3 }), body('abc')]), { content: 'abc' }],
  ])('%s is understood', (_, tar, wanted) => {
    expect(parse(tar)).toMatchObject([wanted]);
  });

  test('a size beyond the octal field', () => {
    const size = 9 * 2 ** 30;
    const wide = Buffer.alloc(12);
    wide[0] = 0x80;
    wide.writeBigUInt64BE(BigInt(size), 4);
    const sizes: number[] = [];
    for (const block of [
      header({ size: wide.toString('latin1') }),
      Buffer.concat([extended('x', record(`size=${size}`)), header({ size: 0 })]),
    ]) {
      const parser = createTarParser((entry) => {
        sizes.push(entry.size);
        return undefined;
      });
      parser.push(block);
      expect(() => parser.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
    }
    expect(sizes).toEqual([size, size]);
  });

  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'not_an_archive'],
    ['a web page', Buffer.from('<html>'.padEnd(1024)), 'not_an_archive'],
    ['a wrong checksum later', tarOf(header({}), Buffer.alloc(512, 'x')), 'corrupt'],
    [
      'an entry after the end mark',
      Buffer.concat([header({}), Buffer.alloc(512), header({ name: 'hidden' }), END]),
      'trailing_garbage',
    ],
    ['bytes after the end mark', Buffer.concat([header({}), END, Buffer.from('x')]), 'trailing_garbage'],
    ['a device', tarOf(header({ type: '3' })), 'device_entry'],
    ['a block device', tarOf(header({ type: '4' })), 'device_entry'],
    ['a pipe', tarOf(header({ type: '6' })), 'device_entry'],
    ['a GNU sparse file', tarOf(header({ type: 'S' })), 'entry_unsupported'],
    ['a kind unheard of', tarOf(header({ type: '9' })), 'entry_unsupported'],
    ['a link with content', tarOf(header({ type: '2', link: 'a', size: 1 }), body('x')), 'corrupt'],
    ['a directory with content', tarOf(header({ type: '5', size: 1 }), body('x')), 'corrupt'],
    ['a size that is no number', tarOf(header({ size: '0000000abc\0\0' })), 'corrupt'],
    ['a negative size', tarOf(header({ size: '\xff'.repeat(12) })), 'corrupt'],
    ['a second part of the name in the GNU format', tarOf(header({ magic: 'ustar  \0', prefix: 'evil' })), 'corrupt'],
    ['a path for all entries', tarOf(extended('g', record('path=evil')), header({})), 'corrupt'],
    ['a pax record with a wrong length', tarOf(extended('x', '99 path=evil\n'), header({})), 'corrupt'],
    ['a pax record with a length too short', tarOf(extended('x', '5 path=evil\n'), header({})), 'corrupt'],
    ['a pax record without a line end', tarOf(extended('x', '12 path=evil'), header({})), 'corrupt'],
    ['a pax record without a key', tarOf(extended('x', record('evil')), header({})), 'corrupt'],
    ['a pax path twice', tarOf(extended('x', record('path=a') + record('path=b')), header({})), 'corrupt'],
    ['a pax path with NUL', tarOf(extended('x', record('path=a\0b')), header({})), 'corrupt'],
    ['a pax sparse file', tarOf(extended('x', record('GNU.sparse.name=evil')), header({})), 'corrupt'],
    ['a pax size other than the size', tarOf(extended('x', record('size=512')), header({}), body('x')), 'corrupt'],
    ['two pax headers', tarOf(extended('x', record('path=a')), extended('x', record('path=b')), header({})), 'corrupt'],
    ['two long names', tarOf(extended('L', 'a\0'), extended('L', 'b\0'), header({})), 'corrupt'],
    ['a long name and a pax path', tarOf(extended('L', 'a\0'), extended('x', record('path=b')), header({})), 'corrupt'],
    ['a long name of nothing', tarOf(extended('L', 'a\0')), 'corrupt'],
    ['an extended header of 2 MiB', tarOf(header({ type: 'x', size: 2 * 2 ** 20 })), 'corrupt'],
    ['an end inside the content', Buffer.concat([header({ size: 600 }), Buffer.alloc(512)]), 'truncated'],
    ['an end inside the padding', Buffer.concat([header({ size: 1 }), Buffer.from('x')]), 'truncated'],
    ['an end inside a header', Buffer.concat([header({}), header({}).subarray(0, 100)]), 'truncated'],
    ['an end after a long name', extended('L', 'a\0'), 'truncated'],
  ])('%s is refused', (_, tar, code) => {
    expect(() => parse(tar)).toThrow(expect.objectContaining({ name: 'ArchiveError', code }));
  });

  test('whatever comes, it ends: entries, or an error of this room', () => {
    const base = tarOf(
      extended('x', record('path=abc')),
      header({ size: 700 }),
      body('y'.repeat(700)),
      header({ type: '2', link: 'abc' }),
    );
    const change = fc.record({ at: fc.nat(base.length - 1), byte: fc.nat(255), resealed: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(base.length), (changes, length) => {
        const tar = Buffer.from(base);
        for (const { at, byte, resealed } of changes) {
          tar[at] = byte;
          if (resealed) seal(tar.subarray(at - (at % 512), at - (at % 512) + 512));
        }
        try {
          parse(tar.subarray(0, length));
        } catch (error) {
          expect(error).toHaveProperty('name', 'ArchiveError');
        }
      }),
      { numRuns: 500 },
    );
  });
});

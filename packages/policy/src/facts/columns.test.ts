import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FactsRow, factsBuilder } from './builder.ts';
import { decodeColumns, encodeColumns, readColumns } from './columns.ts';
import type { Facts } from './facts.ts';
import { fileRows } from './file-rows.ts';

const text = fc.string({ minLength: 1, maxLength: 20 });
// Whatever a record holds, also the characters that a careless join of texts would trip over.
const licence = fc.string({ unit: fc.constantFrom('a', '\n', '\0', '"', 'é'), minLength: 1, maxLength: 5 });
const ending = fc.constantFrom('.conda', '.tar.bz2', '.CONDA', '');
const anyRow: fc.Arbitrary<FactsRow> = fc.record({
  file: fc.tuple(text, ending).map(([stem, end]) => stem + end),
  name: text,
  version: text,
  build: text,
  buildNumber: fc.maxSafeNat(),
  licence: fc.record({ license: licence, family: licence }, { requiredKeys: [] }),
  python: fc.constantFrom('', 'python', 'python >=3.8', 'python >=3.8\npython <4'),
  timestamp: fc.option(fc.nat(), { nil: undefined }),
  size: fc.option(fc.nat(), { nil: undefined }),
  sha256: fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }), { nil: undefined }),
  md5: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
  fromRev: fc.nat(),
  length: fc.nat(),
  v3: fc.boolean(),
  recordHash: fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)),
});
const row = fc
  .tuple(anyRow, fc.boolean(), ending)
  .map(([one, isNamed, end]) => (isNamed ? { ...one, file: `${one.name}-${one.version}-${one.build}${end}` } : one));
const rows = fc.uniqueArray(row, { selector: (one) => one.file, maxLength: 200 });

function factsOf(list: readonly FactsRow[]): Facts {
  const builder = factsBuilder('linux-64');
  for (const one of list) builder.add(one);
  return builder.build();
}

/** The columns as one array, as they lie in a blob. */
function bytesOf(facts: Facts): Uint8Array {
  return Buffer.concat([...encodeColumns(facts).chunks]);
}

/** Bytes that come in pieces, each gone when the next is asked for. */
async function* piecesOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const room = new Uint8Array(length);
  for (let at = 0; at < bytes.length; at += length) {
    const piece = bytes.subarray(at, at + length);
    room.set(piece);
    yield room.subarray(0, piece.length);
    room.fill(0xee);
  }
}

function decoded(bytes: Uint8Array, length = 1024): Promise<Facts> {
  return decodeColumns({ chunks: piecesOf(bytes, length), bytes: bytes.length });
}

function plain({ files: _, builds, digests, ...facts }: Facts) {
  const build = Array.from({ length: facts.count }, (_, i) => builds.at(i));
  const digest = Array.from({ length: facts.count }, (_, i) => [digests.sha256(i), digests.md5(i)]);
  return { ...facts, build, digest, file: Array.from({ length: facts.count }, (_, i) => facts.file(i)) };
}

/** All zero is none. */
function someOf(digest: Uint8Array | undefined): Uint8Array | undefined {
  return digest?.some((byte) => byte !== 0) ? digest : undefined;
}

describe('facts columns', () => {
  it('come back from bytes as they went in, whatever their pieces', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 3000 }), async (list, length) => {
        const facts = factsOf(list);
        expect(plain(await decoded(bytesOf(facts), length))).toEqual(plain(facts));
      }),
    );
  });

  it('are not believed when what they came from fails behind them', async () => {
    async function* failing() {
      yield* piecesOf(bytesOf(factsOf([])), 64);
      throw new Error('another checksum');
    }
    const { bytes } = encodeColumns(factsOf([]));
    await expect(decodeColumns({ chunks: failing(), bytes })).rejects.toThrow('another checksum');
    await expect(readColumns({ chunks: failing(), bytes })).rejects.toThrow('another checksum');
  });

  it('let go of what they come from, when they are refused', async () => {
    let isOver = false;
    async function* endless() {
      try {
        for (;;) yield new Uint8Array(64);
      } finally {
        isOver = true;
      }
    }
    expect(await readColumns({ chunks: endless(), bytes: 1000 })).toBeUndefined();
    expect(isOver).toBe(true);
  });

  it('have memory of their own each, so that nobody holds all for the sake of one', async () => {
    const facts = await decoded(bytesOf(factsOf(fc.sample(rows, 1)[0]!)));
    expect(facts.digests.runs[0]?.sha256.buffer).not.toBe(facts.name.buffer);
    expect(facts.files.bytes.buffer.byteLength).toBe(facts.files.bytes.byteLength);
  });

  it('hold what was put in, however odd or large', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (list) => {
        const facts = await decoded(bytesOf(factsOf(list)));
        list.forEach(({ file, build, buildNumber, licence, sha256, md5 }, i) => {
          expect([facts.digests.sha256(i), facts.digests.md5(i)]).toEqual([someOf(sha256), someOf(md5)]);
          expect([facts.file(i), facts.builds.at(i), facts.buildNumber[i]]).toEqual([file, build, buildNumber]);
          expect(facts.licences[facts.licence[i]!]).toEqual(licence);
        });
      }),
    );
  });

  it('find every file by name and nothing else', () => {
    fc.assert(
      fc.property(rows, text, (list, stranger) => {
        const facts = factsOf(list);
        const rowOf = fileRows(facts.files, facts.count);
        // A name that is not ASCII is no file's name, and is not found.
        const isAscii = (file: string) => !/[^\0-\x7f]/.test(file);
        for (let i = 0; i < facts.count; i++) expect(rowOf(facts.file(i))).toBe(isAscii(facts.file(i)) ? i : -1);
        if (!list.some((one) => one.file === stranger)) expect(rowOf(stranger)).toBe(-1);
      }),
    );
  });

  it('tell a legacy file its .conda twin', () => {
    const one = (file: string): FactsRow => ({
      file,
      name: 'a',
      version: '1',
      build: '0',
      buildNumber: 0,
      licence: {},
      fromRev: 1,
      length: 2,
      recordHash: [1, 2],
    });
    const facts = factsOf([one('a-1-0.tar.bz2'), one('b-1-0.tar.bz2'), one('a-1-0.conda')]);
    expect([...facts.twin]).toEqual([2, -1, -1]);
  });

  it('tell no classic file a v3 twin, which older clients do not see', () => {
    const one = { name: 'a', version: '1', build: '0', buildNumber: 0, licence: {}, fromRev: 1, length: 2 };
    const [legacy, conda] = ['a-1-0.tar.bz2', 'a-1-0.conda'];
    const row = (file: string, v3: boolean): FactsRow => ({ ...one, file, v3, recordHash: [1, 2] });
    expect([...factsOf([row(legacy, false), row(conda, true)]).twin]).toEqual([-1, -1]);
    expect([...factsOf([row(legacy, true), row(conda, true)]).twin]).toEqual([1, -1]);
  });

  it('of another version are told from damaged ones: they are built anew', async () => {
    const bytes = Buffer.from(bytesOf(factsOf([])));
    const at = bytes.indexOf('"version":') + '"version":'.length;
    bytes[at] = bytes[at]! - 1;
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'columns_format' });
    expect(await readColumns({ chunks: [bytes], bytes: bytes.length })).toBeUndefined();
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['other bytes', new Uint8Array(64).fill(7)],
    ['the first half', bytesOf(factsOf([])).subarray(0, 40)],
    ['a head that is cut', bytesOf(factsOf([])).map((byte, at) => (at === 4 ? byte - 5 : byte))],
    ['a head that is nothing', withHead('null')],
    ['a head without lengths', withHead('{"version":5,"count":0}')],
    ['a length that is none', withHead('{"version":5,"count":0,"sections":[-8]}')],
    ['a length that was two', withHead('{"version":5,"count":0,"sections":[400.1]}')],
  ])('refuse %s, to be built anew', async (_, bytes) => {
    await expect(decoded(bytes)).rejects.toMatchObject({ code: 'columns_format' });
    // Neither are they believed to be longer than they are.
    const claimed = { chunks: piecesOf(bytes, 16), bytes: bytes.length + 4096 };
    await expect(decodeColumns(claimed)).rejects.toMatchObject({ code: 'columns_format' });
  });
});

/** Columns with this head and much behind it. */
function withHead(head: string): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x43_4c_53_31, true);
  view.setUint32(4, head.length, true);
  bytes.set(Buffer.from(head), 8);
  return bytes;
}

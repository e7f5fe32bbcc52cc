import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobFinder } from './blob-finder.ts';
import {
  blobsOfRecordLine,
  type ContentsLine,
  compareLineKeys,
  isRecordLine,
  type ListingLine,
  lineKey,
  readContentsLine,
  writeContentsLine,
} from './contents.ts';
import { applyDifference, differenceOf, recordPlaceOf } from './difference.ts';
import { linesOf, wholeLinesOf } from './lines.ts';
import { type KeyRange, type Splice, splicedListing } from './splice.ts';

const text = fc.string({ unit: 'binary', maxLength: 6 }).filter((value) => !value.includes('\0'));
const fileName = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._+ -]{0,8}$/);
const digest = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const bytes = fc.nat(1000);
const json = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.oneof(fc.nat(9), fc.constant('x')), {
  noNullPrototype: true,
});

const lines: fc.Arbitrary<ListingLine> = fc.oneof(
  fc.record({
    kind: fc.constant('channel' as const),
    path: text,
    types: fc.array(text, { maxLength: 2 }),
    privacy: text,
    description: text,
    filters: json,
    name_priority: text,
    layers: fc.array(text, { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('patch' as const), channel: text, subdir: text, instructions: text }),
  fc.record({ kind: fc.constant('reserved' as const), pattern: text, note: text }),
  fc.record({ kind: fc.constant('mirror' as const), channel: text, name: text, definition: json }),
  fc.record({ kind: fc.constant('attachment' as const), name: fileName, sha256: digest, bytes }),
  fc.record({
    kind: fc.constant('record' as const),
    channel: text,
    part: fc.constantFrom('noarch', 'pypi'),
    file: text,
    body: text,
    extra: fc.option(text),
    v3: fc.boolean(),
    signatures: fc.option(text),
    sha256: digest,
    bytes,
    companions: fc
      .uniqueArray(fc.record({ kind: fc.constantFrom('metadata', 'provenance'), sha256: digest, bytes }), {
        selector: ({ kind }) => kind,
      })
      .map((all) => all.sort((a, b) => (a.kind < b.kind ? -1 : 1))),
  }),
);

/** A listing: any lines, one a key, in their order. */
const listings = fc
  .uniqueArray(lines, { selector: lineKey, maxLength: 12 })
  .map((all) => all.sort((a, b) => compareLineKeys(lineKey(a), lineKey(b))).map(writeContentsLine));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('a line is read as it was written', () => {
  fc.assert(
    fc.property(lines, (line) => {
      const written = writeContentsLine(line);
      expect(written).not.toContain('\n');
      expect(readContentsLine(written)).toEqual(line);
    }),
  );
});

test.each(['{}', '[]', 'x', '{"c":"a"}', '{"reserved":"a","note":"","more":1}', '{ "reserved":"a","note":""}'])(
  'the line %s is refused',
  (line) => {
    expect(() => readContentsLine(line)).toThrow(expect.objectContaining({ code: 'bundle_contents' }));
  },
);

test('an attachment that is called like a path is no attachment', () => {
  const sha256 = 'a'.repeat(64);
  for (const name of ['../../outside', '/etc/passwd', 'a/b', '.hidden', 'a\\b', '']) {
    const text = writeContentsLine({ kind: 'attachment', name, sha256, bytes: 1 });
    expect(() => readContentsLine(text), name).toThrow(expect.objectContaining({ code: 'bundle_contents' }));
  }
});

test('keys are ordered as their bytes are', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareLineKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
});

test('the blobs of a line are found without parsing it, whatever stands in its texts', () => {
  const trap = `"sha":"${'c'.repeat(64)}","bytes":1`;
  fc.assert(
    fc.property(lines, (line) => {
      if (line.kind !== 'record') return;
      const trapped = { ...line, body: line.body + trap, file: trap + line.file };
      const { sha256, bytes } = line;
      expect(blobsOfRecordLine(writeContentsLine(trapped))).toEqual([
        { sha256, bytes },
        ...line.companions.map((one) => ({ sha256: one.sha256, bytes: one.bytes })),
      ]);
      expect(recordPlaceOf(writeContentsLine(trapped))).toEqual({
        channel: line.channel,
        part: line.part,
        file: trapped.file,
      });
    }),
  );
});

test('what a delta makes of its base is the listing of now, and of no change there is none', async () => {
  await fc.assert(
    fc.asyncProperty(listings, listings, async (base, next) => {
      const delta = await all(differenceOf(base, next));
      expect(await all(applyDifference(base, delta))).toEqual(next);
      expect(await all(differenceOf(next, next))).toEqual([]);
      expect(await all(differenceOf([], next))).toEqual(next);
      const kept = new Set(base);
      expect(delta.filter((line) => kept.has(line))).toEqual([]);
    }),
  );
});

test('a delta against another base is refused when what goes is not there', async () => {
  const base: ContentsLine = { kind: 'reserved', pattern: 'a', note: '' };
  const delta = await all(differenceOf([writeContentsLine(base)], []));
  await expect(all(applyDifference([], delta))).rejects.toMatchObject({ code: 'bundle_base' });
});

test('lines out of order, or twice, are refused', async () => {
  const [a, b] = ['a', 'b'].map((pattern) => writeContentsLine({ kind: 'reserved', pattern, note: '' }));
  await expect(all(differenceOf([], [b!, a!]))).rejects.toMatchObject({ code: 'bundle_contents' });
  await expect(all(applyDifference([], [a!, a!]))).rejects.toMatchObject({ code: 'bundle_contents' });
});

test('lines are the same however the text was cut', async () => {
  await fc.assert(
    fc.asyncProperty(listings, fc.integer({ min: 1, max: 9 }), async (listing, size) => {
      const whole = Buffer.from(listing.map((line) => `${line}\n`).join(''));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < whole.length; at += size) chunks.push(whole.subarray(at, at + size));
      expect(await all(linesOf(chunks))).toEqual(listing);
    }),
  );
  const reused = Buffer.alloc(3);
  function* chunks() {
    for (const piece of ['ab', 'cd', '\n']) {
      reused.fill(0).write(piece);
      yield reused.subarray(0, piece.length);
    }
  }
  expect(await all(linesOf(chunks()))).toEqual(['abcd']);
  await expect(all(linesOf([Buffer.from('cut')]))).rejects.toMatchObject({ code: 'bundle_contents' });
});

function* chunksOf(lines: readonly string[], size: number): Generator<Uint8Array> {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  for (let at = 0; at < text.length; at += size) yield text.subarray(at, at + size);
}

async function spliced(lines: readonly string[], size: number, splice: Splice): Promise<string> {
  const pieces: Uint8Array[] = [];
  // Copied: a piece is good until the next is asked for.
  for await (const piece of splicedListing(wholeLinesOf(chunksOf(lines, size)), splice))
    pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

const keyOf = (line: string) => lineKey(readContentsLine(line));
const isWithin = (ranges: readonly KeyRange[], key: string) =>
  ranges.some(([from, to]) => compareLineKeys(from, key) <= 0 && compareLineKeys(key, to) < 0);

/** Ranges between keys of a listing, which begin and end at, before and behind its lines. */
function rangesAt(keys: readonly string[], cuts: readonly number[]): KeyRange[] {
  const bounds = ['', ...keys.flatMap((key) => [key, `${key}\u0001`]), '9'];
  const chosen = [...new Set(cuts.map((cut) => cut % bounds.length))].sort((a, b) => a - b);
  const ranges: KeyRange[] = [];
  for (let i = 0; i + 1 < chosen.length; i += 2) ranges.push([bounds[chosen[i]!]!, bounds[chosen[i + 1]!]!]);
  return ranges;
}

test('a listing whose lines change within ranges becomes the other one, and what lies apart is taken over', async () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 2000 }));
  const coins = fc.infiniteStream(fc.constantFrom('stays', 'goes', 'comes', 'comes again'));
  await fc.assert(
    fc.asyncProperty(listings, fc.array(fc.nat(), { maxLength: 8 }), sizes, coins, async (all, cuts, size, fates) => {
      const ranges = rangesAt(all.map(keyOf), cuts);
      const fate = new Map(all.map((line) => [line, isWithin(ranges, keyOf(line)) ? fates.next().value : 'apart']));
      const having = (...some: string[]) => all.filter((line) => some.includes(fate.get(line)!));
      const stretches: string[] = [];
      const text = await spliced(having('apart', 'stays', 'goes', 'comes again'), size, {
        ranges,
        stays: (line) => fate.get(line) === 'stays',
        coming: having('comes', 'comes again'),
        onStretch: (lines) => stretches.push(Buffer.from(lines).toString()),
      });
      const next = having('apart', 'stays', 'comes', 'comes again');
      expect(text).toBe(next.map((line) => `${line}\n`).join(''));
      expect(stretches.join('')).toBe(
        having('apart')
          .map((line) => `${line}\n`)
          .join(''),
      );
    }),
  );
});

const [a, b, c] = ['a', 'b', 'c'].map((pattern) => writeContentsLine({ kind: 'reserved', pattern, note: '' })) as [
  string,
  string,
  string,
];
const around = (...lines: string[]): KeyRange[] => lines.map((line) => [keyOf(line), `${keyOf(line)}\u0001`]);

test.each([
  ['a line that is there already', [a, b], around(b), [b]],
  ['one that comes into no range', [a, c], around(a), [b]],
  ['two that are not in order', [], around(a, b), [b, a]],
  ['a listing that is not in order', [b, a], around(c), []],
  ['one that is not where it is read', [b, a], around(a, b), []],
])('%s is refused', async (_, lines, ranges, coming) => {
  const splice = { ranges, coming, stays: () => true, onStretch: () => {} };
  await expect(spliced(lines, 9, splice)).rejects.toMatchObject({ code: 'bundle_contents' });
});

test('of much that comes at once no piece is large', async () => {
  const coming = Array.from({ length: 20_000 }, (_, i) =>
    writeContentsLine({ kind: 'reserved', pattern: String(i).padStart(6, '0'), note: 'x'.repeat(100) }),
  );
  const splice = { ranges: [['', '9']] as const, coming, stays: () => true, onStretch: () => {} };
  let bytes = 0;
  for await (const piece of splicedListing(wholeLinesOf([]), splice)) {
    expect(piece.length).toBeLessThan(1 << 20);
    bytes += piece.length;
  }
  expect(bytes).toBe(coming.reduce((sum, line) => sum + line.length + 1, 0));
});

test('the blobs that lines name are found in their bytes, wherever they stand', () => {
  const digests = fc.uniqueArray(fc.constantFrom('a'.repeat(64), 'b'.repeat(64), `${'a'.repeat(63)}0`));
  fc.assert(
    fc.property(listings, digests, (all, wanted) => {
      const records = all.filter(isRecordLine);
      const named = records.flatMap(blobsOfRecordLine).map(({ sha256 }) => sha256);
      const [text = new Uint8Array()] = chunksOf(records, 1 << 20);
      expect(blobFinder(new Set(wanted))(text)).toEqual(named.filter((sha256) => wanted.includes(sha256)));
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  blobsOfRecordLine,
  type ContentsLine,
  compareLineKeys,
  type ListingLine,
  lineKey,
  readContentsLine,
  writeContentsLine,
} from './contents.ts';
import { applyDifference, differenceOf, mergedLines, recordPlaceOf } from './difference.ts';
import { linesOf } from './lines.ts';

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

test('lines taken out of a listing come back to their places', async () => {
  async function* batches(texts: readonly string[], size: number): AsyncGenerator<string[]> {
    for (let at = 0; at < texts.length; at += size) yield texts.slice(at, at + size);
  }
  await fc.assert(
    fc.asyncProperty(listings, fc.infiniteStream(fc.boolean()), async (listing, coins) => {
      const taken = new Set(listing.filter(() => coins.next().value));
      const rest = listing.filter((line) => !taken.has(line));
      expect((await all(mergedLines(batches(rest, 3), [...taken]))).flat()).toEqual(listing);
    }),
  );
  const [a, b] = ['a', 'b'].map((pattern) => writeContentsLine({ kind: 'reserved', pattern, note: '' }));
  const refused = { code: 'bundle_contents' };
  await expect(all(mergedLines(batches([a!], 1), [a!]))).rejects.toMatchObject(refused);
  await expect(all(mergedLines(batches([b!, a!], 1), []))).rejects.toMatchObject(refused);
  await expect(all(mergedLines(batches([], 1), [b!, a!]))).rejects.toMatchObject(refused);
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

import { buildZip, type ZipItem } from '@sluice/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RandomAccess } from '../random-access.ts';
import { readMember, readStoredMember } from './read-member.ts';
import { findZipMembers, readZipMembers } from './read-members.ts';

const accessTo = (bytes: Buffer): RandomAccess => ({
  size: bytes.length,
  read: async (position, length) => bytes.subarray(position, position + length),
});

const members = (bytes: Buffer, most = 10) => readZipMembers(accessTo(bytes), most);

const ITEMS: ZipItem[] = [
  { name: 'one.txt', content: 'first' },
  { name: 'two.txt', content: 'second, longer', compress: true },
  { name: 'três.txt', content: '' },
];

const at = (zip: Buffer, signature: string, from = 0) => zip.indexOf(Buffer.from(signature, 'latin1'), from);
const LOCAL = 'PK\x03\x04';
const CENTRAL = 'PK\x01\x02';
const END = 'PK\x05\x06';

/** A copy with some of its bytes changed, beginning at a signature. */
function patched(zip: Buffer, signature: string, offset: number, bytes: readonly number[] | string): Buffer {
  const copy = Buffer.from(zip);
  Buffer.from(bytes as string, 'latin1').copy(copy, at(zip, signature) + offset);
  return copy;
}

/** Bytes put in at a place, the directory's place and its entries' offsets corrected where asked. */
function inserted(zip: Buffer, place: number, bytes: Buffer, corrected: boolean): Buffer {
  const copy = Buffer.concat([zip.subarray(0, place), bytes, zip.subarray(place)]);
  if (!corrected) return copy;
  const end = at(copy, END);
  copy.writeUInt32LE(copy.readUInt32LE(end + 16) + bytes.length, end + 16);
  for (let entry = at(copy, CENTRAL); entry !== -1; entry = at(copy, CENTRAL, entry + 1)) {
    const offset = copy.readUInt32LE(entry + 42);
    if (offset >= place) copy.writeUInt32LE(offset + bytes.length, entry + 42);
  }
  return copy;
}

describe('readZipMembers', async () => {
  const zip = await buildZip(ITEMS);

  test('finds names, sizes and data', async () => {
    const found = await members(zip);
    expect(found.map(({ name, compressed, size }) => [name, compressed, size])).toEqual([
      ['one.txt', false, 5],
      ['two.txt', true, 14],
      ['três.txt', false, 0],
    ]);
    expect(zip.toString('utf8', found[0]!.start, found[0]!.start + 5)).toBe('first');
  });

  test('finds whatever yazl writes', async () => {
    const item = fc.record({
      name: fc.stringMatching(/^[a-zé][a-z0-9é]{0,20}$/),
      content: fc.uint8Array({ maxLength: 500 }),
      compress: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(item, { selector: ({ name }) => name, maxLength: 6 }), async (items) => {
        const found = await members(await buildZip(items));
        expect(found.map(({ name, size }) => [name, size])).toEqual(
          items.map(({ name, content }) => [name, content.length]),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('sizes may follow the data, if they agree', async () => {
    const late = await buildZip([{ name: 'one.txt', content: 'first', streamed: true }]);
    expect(await members(late)).toMatchObject([{ name: 'one.txt', size: 5 }]);
    const other = patched(late, 'PK\x07\x08', 8, [6]);
    await expect(members(other)).rejects.toMatchObject({ code: 'zip_local_central_mismatch' });
  });

  test.each<[string, Buffer, string]>([
    ['an empty file', Buffer.alloc(0), 'not_an_archive'],
    ['a web page', Buffer.from(`<!DOCTYPE html>${' '.repeat(100)}`), 'not_an_archive'],
    ['another name in the local header', patched(zip, LOCAL, 30, 'evil.tx'), 'zip_local_central_mismatch'],
    ['another size in the local header', patched(zip, LOCAL, 22, [4]), 'zip_local_central_mismatch'],
    ['another compressed size in the local header', patched(zip, LOCAL, 18, [4]), 'zip_local_central_mismatch'],
    ['another checksum in the local header', patched(zip, LOCAL, 14, [1, 2, 3, 4]), 'zip_local_central_mismatch'],
    ['another method in the local header', patched(zip, LOCAL, 8, [8]), 'zip_local_central_mismatch'],
    ['other flags in the local header', patched(zip, LOCAL, 6, [0, 0]), 'zip_local_central_mismatch'],
    ['no local header', patched(zip, LOCAL, 0, 'XXXX'), 'corrupt'],
    ['an encrypted member', patched(zip, CENTRAL, 8, [1]), 'encrypted'],
    ['a strongly encrypted member', patched(zip, CENTRAL, 8, [0x41]), 'encrypted'],
    ['another comment length', patched(zip, END, 20, [5]), 'trailing_garbage'],
    ['bytes behind', Buffer.concat([zip, Buffer.from('evil')]), 'trailing_garbage'],
    ['bytes in front', inserted(zip, 0, Buffer.from('evil'), false), 'zip_local_central_mismatch'],
    [
      'a member in front that the directory does not know',
      inserted(zip, 0, zip.subarray(0, 42), true),
      'zip_local_central_mismatch',
    ],
    [
      'bytes between members',
      inserted(zip, at(zip, LOCAL, 1), Buffer.from('evil'), true),
      'zip_local_central_mismatch',
    ],
    [
      'bytes before the directory',
      inserted(zip, at(zip, CENTRAL), Buffer.from('evil'), true),
      'zip_local_central_mismatch',
    ],
    [
      'bytes after the directory',
      inserted(zip, at(zip, END), Buffer.from('evil'), false),
      'zip_local_central_mismatch',
    ],
    [
      'a second directory',
      inserted(zip, at(zip, END), zip.subarray(at(zip, CENTRAL), at(zip, END)), false),
      'zip_local_central_mismatch',
    ],
    ['fewer entries than the directory holds', patched(zip, END, 8, [2, 0, 2, 0]), 'corrupt'],
    ['more entries than the directory holds', patched(zip, END, 8, [4, 0, 4, 0]), 'corrupt'],
    ['a zip in several parts', patched(zip, END, 4, [1]), 'corrupt'],
    ['a large size that is nowhere', patched(zip, CENTRAL, 24, [0xff, 0xff, 0xff, 0xff]), 'corrupt'],
  ])('%s is refused', async (_, bytes, code) => {
    await expect(members(bytes)).rejects.toMatchObject({ name: 'ArchiveError', code });
  });

  test('no more members than allowed', async () => {
    await expect(members(zip, 2)).rejects.toMatchObject({ code: 'too_many_entries' });
  });

  test('cut anywhere it is refused', async () => {
    for (let length = 0; length < zip.length; length++) {
      await expect(members(zip.subarray(0, length)), `cut at ${length}`).rejects.toHaveProperty('name', 'ArchiveError');
    }
  });

  test('whatever comes, it ends: members, or an error of this room', async () => {
    const change = fc.record({ at: fc.nat(zip.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(zip);
        for (const { at, byte } of changes) bytes[at] = byte;
        const outcome = await members(bytes).catch((error: unknown) => error);
        if (!Array.isArray(outcome)) expect(outcome).toHaveProperty('name', 'ArchiveError');
      }),
      { numRuns: 500 },
    );
  });

  test('a changed byte of the data is noticed while it is read', async () => {
    const bytes = Buffer.from(zip);
    bytes[zip.indexOf('first')]! ^= 1;
    const [member] = await members(bytes);
    const reading = (async () => {
      for await (const _ of readStoredMember(accessTo(bytes), member!, () => {}));
    })();
    await expect(reading).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('readMember', async () => {
  const zip = await buildZip(ITEMS);

  async function contents(bytes: Buffer): Promise<string[]> {
    const texts: string[] = [];
    for (const member of await members(bytes)) {
      const parts: Uint8Array[] = [];
      for await (const piece of readMember(accessTo(bytes), member, () => {})) parts.push(Uint8Array.from(piece));
      texts.push(Buffer.concat(parts).toString());
    }
    return texts;
  }

  test('gives the bytes of stored and of deflated members', async () => {
    expect(await contents(zip)).toEqual(['first', 'second, longer', '']);
  });

  // The deflated member, in its local header and in the directory.
  const second = (signature: string) => at(zip, signature, at(zip, signature) + 1);
  function changed(localOffset: number, centralOffset: number, bytes: readonly number[]): Buffer {
    const copy = Buffer.from(zip);
    copy.set(bytes, second(LOCAL) + localOffset);
    copy.set(bytes, second(CENTRAL) + centralOffset);
    return copy;
  }

  test.each([
    ['a smaller size than its data', changed(22, 24, [5]), 'corrupt'],
    ['a larger size than its data', changed(22, 24, [50]), 'truncated'],
    ['a wrong checksum', changed(14, 16, [1, 2, 3, 4]), 'corrupt'],
    ['another compression', changed(8, 10, [14]), 'entry_unsupported'],
    ['no compression, with two sizes', changed(8, 10, [0]), 'corrupt'],
  ])('refuses %s', async (_, bytes, code) => {
    await expect(contents(bytes)).rejects.toMatchObject({ code, entry: 'two.txt' });
  });
});

test('findZipMembers reads nothing but the directory and what is wanted', async () => {
  const zip = await buildZip(ITEMS);
  const reads: number[] = [];
  const access: RandomAccess = {
    size: zip.length,
    read: async (position, length) => {
      reads.push(position);
      return zip.subarray(position, position + length);
    },
  };
  const found = await findZipMembers(access, 10, (name) => name === 'two.txt');
  expect(found).toEqual([(await members(zip))[1]]);
  expect(reads.every((position) => position >= zip.indexOf('two.txt') - 30)).toBe(true);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPlainRecord } from './plain-record.ts';
import { readRecord } from './record.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What was read where it lies, as `readRecord` has it. */
function plain(bytes: Uint8Array) {
  const found = readPlainRecord(bytes);
  if (!found) return undefined;
  const text = ({ at, end }: { at: number; end: number }) =>
    at < 0 ? undefined : new TextDecoder().decode(bytes.subarray(at, end));
  const number = (value: number) => (value < 0 ? undefined : value);
  const { name, version, build, license, license_family, sha256, md5, build_number, size } = found;
  return {
    ...{ name: text(name), version: text(version), build: text(build) },
    ...{ license: text(license), license_family: text(license_family), sha256: text(sha256), md5: text(md5) },
    ...{ build_number: number(build_number) ?? 0, size: number(size) },
  };
}

const whole = {
  build: 'py312_0',
  build_number: 3,
  constrains: [],
  depends: ['python >=3.12,<3.13', 'numpy'],
  license: 'BSD-3-Clause',
  license_family: 'BSD',
  md5: '0123456789abcdef'.repeat(2),
  name: 'demo',
  noarch: true,
  sha256: '0123456789abcdef'.repeat(4),
  size: 12345,
  subdir: 'linux-64',
  timestamp: 1700000000000,
  version: '1.2.3',
};

describe('a plain record', () => {
  it.each([
    ['compact', JSON.stringify(whole)],
    ['with blanks', JSON.stringify(whole, null, 2)],
  ])('is read where it lies: %s', (_, text) => {
    const { name, version, build, license, license_family, md5, sha256, build_number, size } = whole;
    expect(plain(bytesOf(text))).toEqual({
      ...{ name, version, build, license, license_family, md5, sha256, build_number, size },
    });
    expect(readPlainRecord(bytesOf(text))!.timestamp).toBe(whole.timestamp);
  });

  it.each<[string, string]>([
    ['an escape', JSON.stringify({ ...whole, summary: 'a "b"' })],
    ['other letters', JSON.stringify({ ...whole, summary: 'é' })],
    ['a fraction', JSON.stringify({ ...whole, size: 1.5 })],
    ['a negative number', JSON.stringify({ ...whole, size: -1 })],
    ['an object in it', JSON.stringify({ ...whole, extra: {} })],
    ['a list of lists', JSON.stringify({ ...whole, extra: [[]] })],
    ['no licence but null', JSON.stringify({ ...whole, license: null })],
    ['a licence that is a number', JSON.stringify({ ...whole, license: 1 })],
    ['a size that is a text', JSON.stringify({ ...whole, size: '1' })],
    ['a name that is a list', JSON.stringify({ ...whole, name: ['demo'] })],
    ['a digest in capitals', JSON.stringify({ ...whole, md5: whole.md5.toUpperCase() })],
    ['a short digest', JSON.stringify({ ...whole, sha256: 'abc' })],
    ['flags', JSON.stringify({ ...whole, flags: [] })],
    ['optional groups', JSON.stringify({ ...whole, extra_depends: [] })],
    ['a schema', JSON.stringify({ ...whole, schema_version: 3 })],
    ['a condition', JSON.stringify({ ...whole, depends: ['a[when="b"]'] })],
    ['one key twice', JSON.stringify(whole).replace('"size"', '"name":"other","size"')],
    ['something behind it', `${JSON.stringify(whole)} `],
    ['a leading zero', JSON.stringify(whole).replace('12345', '012345')],
    ['no value', JSON.stringify(whole).replace('12345', '')],
    ['a comma too many', JSON.stringify(whole).replace('}', ',}')],
    ['a comma too many in a list', JSON.stringify(whole).replace('"numpy"]', '"numpy",]')],
    ['an end too early', JSON.stringify(whole).slice(0, -1)],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['a list', '[]'],
  ])('is none with %s', (_, text) => {
    expect(readPlainRecord(bytesOf(text))).toBeUndefined();
  });

  it('says of any text what reading all of it says, or nothing', () => {
    const key = fc.constantFrom(...Object.keys(whole), 'flags', 'other', '__proto__');
    const word = fc.constantFrom('a', '', 'BSD', whole.md5, whole.sha256, 'é', 'a[when=b]', 'a"b', '\n');
    const value = fc.oneof(
      word,
      fc.array(word, { maxLength: 2 }),
      fc.integer(),
      fc.double(),
      fc.constantFrom(true, null),
    );
    const members = fc.array(fc.tuple(key, value), { maxLength: 6 });
    const spoilt = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...'"{}[],:\\ 0-.eé\n')), { maxLength: 2 });
    let [read, refused] = [0, 0];
    fc.assert(
      fc.property(members, spoilt, fc.boolean(), (some, changes, blanks) => {
        let text = JSON.stringify({ ...whole, ...Object.fromEntries(some) }, null, blanks ? 1 : 0);
        for (const [at, by] of changes)
          text = `${text.slice(0, at % text.length)}${by}${text.slice((at % text.length) + 1)}`;
        const found = plain(bytesOf(text));
        if (!found) return void refused++;
        read++;
        const record = readRecord(bytesOf(text));
        expect(record).toMatchObject(found);
        expect(record.v3).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(read, refused)).toBeGreaterThan(100);
  });
});

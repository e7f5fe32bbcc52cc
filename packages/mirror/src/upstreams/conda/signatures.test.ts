import { expect, test } from 'vitest';
import { readSignatures } from './signatures.ts';

const entry = (text: string) => ({ ab12: { signature: text } });
const textOf = (bytes: Uint8Array | null | undefined) => bytes && Buffer.from(bytes).toString();

/** A document in chunks of so many bytes, as often as it is asked for. */
function inChunks(text: string, size: number) {
  return async function* chunks() {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
}

test.each([1, 7, 100_000])('are read verbatim, however the document is cut: %i bytes', async (size) => {
  const odd = '{ "ab12" : {"signature":"00","other_headers":"04"} }';
  const text = `{"packages":{"a-1-0.tar.bz2":{"name":"a"}},"signatures":{"a-1-0.tar.bz2":${odd},"b-1-0.conda":{"ff":{"signature":"é"}}}}`;
  const signatures = await readSignatures(inChunks(text, size));
  expect(textOf(signatures?.of('a-1-0.tar.bz2'))).toBe(odd);
  expect(textOf(signatures?.of('b-1-0.conda'))).toBe('{"ff":{"signature":"é"}}');
  expect(signatures?.of('c-1-0.conda')).toBe(null);
});

test.each([
  ['nobody', {}],
  ['no object', 'ab12'],
  ['a list', [entry('00')]],
  ['no signature', { ab12: { expires: 'never' } }],
  ['a number', { ab12: { signature: 7 } }],
])('%s signed nothing', async (_, value) => {
  const text = JSON.stringify({ signatures: { 'a-1-0.conda': value } });
  expect(await readSignatures(inChunks(text, 50))).toBe(undefined);
});

test.each(['[]', '"yes"', 'null', '7'])('signatures that are %s do not spoil the document', async (value) => {
  expect(await readSignatures(inChunks(`{"signatures":${value},"packages":{}}`, 50))).toBe(undefined);
});

test('many thousands are held in blocks', async () => {
  const files = Array.from({ length: 12_000 }, (_, i) => `package-${i}-1.0-0.conda`);
  const signatures = Object.fromEntries(files.map((file, i) => [file, entry(`${i}`.padStart(128, '0'))]));
  const found = await readSignatures(inChunks(JSON.stringify({ signatures }), 65_536));
  for (const [i, file] of files.entries()) {
    expect(textOf(found?.of(file))).toBe(JSON.stringify(entry(`${i}`.padStart(128, '0'))));
  }
});

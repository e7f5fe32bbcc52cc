import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeUtf8 } from '../utf8.ts';
import { createDcfScanner, parseDcf, writeDcf } from './index.ts';

function paragraphs(bytes: Uint8Array, step = bytes.length, paragraphBytes = 1000): string[] {
  const found: string[] = [];
  const scanner = createDcfScanner((text) => found.push(text), { paragraphBytes });
  for (let at = 0; at < bytes.length; at += step) scanner.push(bytes.subarray(at, at + step));
  scanner.end();
  return found;
}

describe('a paragraph', () => {
  // As R 4.2's read.dcf has them.
  test.each<[string, Record<string, string>]>([
    ['Package: demo\nVersion: 1.0', { Package: 'demo', Version: '1.0' }],
    ['Depends: R (>= 3.5),\n    methods,\n\tutils  \n', { Depends: 'R (>= 3.5),\nmethods,\nutils' }],
    ['Description: One.\n .\n Two.', { Description: 'One.\n\nTwo.' }],
    ['A: 1\nA: 2\nB:', { A: '2', B: '' }],
    ['A: 1\r\n  2\r\nB: http://x:80', { A: '1\n2', B: 'http://x:80' }],
    ['\n\nA: 1\n  \n', { A: '1' }],
  ])('%j', (text, fields) => expect(Object.fromEntries(parseDcf(text))).toEqual(fields));

  test.each(['nonsense', ' A: 1', ': 1', 'A: 1\n\nB: 2', '<html>'])('not %j', (text) =>
    expect(() => parseDcf(text)).toThrow(expect.objectContaining({ code: 'dcf_syntax' })),
  );

  test('what is written is read back', () => {
    const line = fc.stringMatching(/^[a-zé,()>=0-9:][a-zé ,()>=0-9:]{0,20}[a-zé]$/);
    const value = fc
      .array(fc.oneof(line, fc.constant('')), { minLength: 1, maxLength: 4 })
      .map((lines) => lines.join('\n'));
    const fields = fc.dictionary(fc.stringMatching(/^[A-Z][A-Za-z]{0,8}$/), value, { minKeys: 1 });
    fc.assert(
      fc.property(fields, (given) => {
        expect(Object.fromEntries(parseDcf(writeDcf(Object.entries(given))))).toEqual({ ...given });
      }),
    );
  });
});

describe('a document', () => {
  const text = 'A: 1\nB: é\n  2\n\n\nA: 3\n \t\nA: 4';
  const wanted = ['A: 1\nB: é\n  2\n', 'A: 3\n', 'A: 4\n'];

  test('is cut at blank lines, however it comes in and its lines end', () => {
    for (const ending of ['\n', '\r\n', '\r']) {
      const bytes = encodeUtf8(text.replaceAll('\n', ending));
      for (const step of [1, 2, 3, 7, bytes.length]) expect(paragraphs(bytes, step)).toEqual(wanted);
    }
  });

  test('in Latin-1 is read as that', () => {
    expect(paragraphs(Uint8Array.from([65, 58, 0xe9]))).toEqual(['A:é\n']);
  });

  test('with nothing in it has no paragraph', () => {
    expect(paragraphs(encodeUtf8(''))).toEqual([]);
    expect(paragraphs(encodeUtf8('\n \n\n'))).toEqual([]);
  });

  test('is bounded, and no binary', () => {
    expect(() => paragraphs(encodeUtf8(`A: ${'x'.repeat(2000)}`))).toThrow(
      expect.objectContaining({ code: 'dcf_limit' }),
    );
    expect(() => paragraphs(encodeUtf8(' '.repeat(2000)))).toThrow(expect.objectContaining({ code: 'dcf_limit' }));
    expect(() => paragraphs(Uint8Array.from([65, 58, 0]))).toThrow(expect.objectContaining({ code: 'dcf_syntax' }));
    expect(paragraphs(encodeUtf8(`${`A: ${'x'.repeat(900)}\n\n`.repeat(20)}`))).toHaveLength(20);
  });
});

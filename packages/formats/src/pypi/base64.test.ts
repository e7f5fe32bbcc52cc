import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';

test('base64 is read as Node reads it', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('base64' as const, 'base64url' as const), (bytes, encoding) => {
      expect([...decodeBase64(Buffer.from(bytes).toString(encoding))!]).toEqual([...bytes]);
    }),
  );
});

test.each(['a', 'ab\n', 'a b=', '====', 'a===', 'é'])('%j is no base64', (text) => {
  expect(decodeBase64(text)).toBeUndefined();
});

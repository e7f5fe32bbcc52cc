import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToHex, md5ToBytes, parseMd5, parseSha256, sha256ToBytes } from './index.ts';

describe('digests', () => {
  it('agree with what a hash prints, and come back from their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const sha256 = createHash('sha256').update(bytes).digest();
        const md5 = createHash('md5').update(bytes).digest();
        expect(bytesToHex(sha256)).toBe(sha256.toString('hex'));
        expect([...sha256ToBytes(parseSha256(sha256.toString('hex')))]).toEqual([...sha256]);
        expect([...md5ToBytes(parseMd5(md5.toString('hex').toUpperCase()))]).toEqual([...md5]);
      }),
    );
  });

  it.each(['', 'e3b0', `${'a'.repeat(63)}g`, ` ${'a'.repeat(64)}`, `${'a'.repeat(64)}\n`, 'a'.repeat(65)])(
    'refuse %j',
    (text) => {
      expect(() => parseSha256(text)).toThrow(expect.objectContaining({ code: 'digest_sha256' }));
      expect(() => parseMd5(text)).toThrow(expect.objectContaining({ code: 'digest_md5' }));
    },
  );

  it('name what was found without repeating a megabyte of it', () => {
    try {
      parseSha256('x'.repeat(1_000_000));
      expect.unreachable();
    } catch (error) {
      expect((error as { found: string }).found.length).toBeLessThan(120);
    }
  });
});

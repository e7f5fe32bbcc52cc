import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { readTarHeader, tarBlock, tarEnd, tarHeader, tarMemberBytes, tarPadding } from './tar.ts';

test('tar itself lists and unpacks what is written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-tar-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const body = Buffer.from('twelve bytes');
  const name = `blobs/${'a'.repeat(64)}`;
  const whole = Buffer.concat([tarHeader(name, body.length), body, Buffer.alloc(tarPadding(body.length)), tarEnd]);
  expect(whole.length).toBe(tarMemberBytes(body.length) + tarEnd.length);
  writeFileSync(join(folder, 'a.tar'), whole);
  expect(execFileSync('tar', ['tf', join(folder, 'a.tar')], { encoding: 'utf8' })).toBe(`${name}\n`);
  execFileSync('tar', ['xf', join(folder, 'a.tar'), '-C', folder]);
  expect(readFileSync(join(folder, name))).toEqual(body);
});

test('a header is read as it was written, also above 8 GiB', () => {
  const names = fc.stringMatching(/^[a-z0-9/._-]{1,100}$/);
  fc.assert(
    fc.property(names, fc.maxSafeNat(), (name, bytes) => {
      const header = Buffer.from(tarHeader(name, bytes));
      expect(readTarHeader(header)).toEqual({ name, bytes });
      expect(header).toEqual(Buffer.from(tarHeader(name, bytes)));
    }),
  );
});

test('a header of which a bit flipped is refused', () => {
  fc.assert(
    fc.property(fc.nat(tarBlock * 8 - 1), (bit) => {
      const header = tarHeader('blobs/x', 1234);
      header[bit >> 3]! ^= 1 << (bit & 7);
      // Of the sum's own field, blanks and zeros mean the same.
      if (bit >> 3 >= 148 && bit >> 3 < 156) return;
      expect(() => readTarHeader(header)).toThrow(expect.objectContaining({ code: 'bundle_tar' }));
    }),
  );
});

test('zeros are the end', () => {
  expect(readTarHeader(new Uint8Array(tarBlock))).toBeUndefined();
});

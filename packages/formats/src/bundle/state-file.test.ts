import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readStateFile, writeStateFile } from './state-file.ts';

const prefix = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, '0'));

test('a state file is read as it was written, and refused when it was cut', () => {
  fc.assert(
    fc.property(fc.uniqueArray(prefix), fc.nat(), (prefixes, serial) => {
      const state = { series: 'main', serial, issuer: 'f'.repeat(16), state: 'a'.repeat(64), blobs: new Set(prefixes) };
      const bytes = writeStateFile(state);
      expect(readStateFile(bytes)).toEqual(state);
      expect(writeStateFile({ ...state, blobs: new Set(prefixes.reverse()) })).toEqual(bytes);
      const refused = expect.objectContaining({ code: 'bundle_state' });
      expect(() => readStateFile(bytes.subarray(0, -1))).toThrow(refused);
      expect(() => readStateFile(Buffer.concat([bytes, bytes]))).toThrow(refused);
    }),
  );
});

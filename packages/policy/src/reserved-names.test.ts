import { describe, expect, it } from 'vitest';
import { isReserved, reservedPatternFault } from './reserved-names.ts';

describe('a reserved name', () => {
  it.each<[string, 'conda' | 'python' | 'r', string, boolean]>([
    ['acme', 'conda', 'acme', true],
    ['acme', 'conda', 'acme-core', false],
    ['acme-*', 'conda', 'acme-core', true],
    ['acme-*', 'conda', 'acme', false],
    ['acme-*', 'conda', 'acme_core', false],
    ['acme-*', 'python', 'acme_core', true],
    ['acme-*', 'python', 'Acme.Core', true],
    ['acme_core', 'python', 'acme--core', true],
    ['acme*', 'python', 'acme', true],
    ['acme.core', 'r', 'Acme.Core', true],
    ['acme.core', 'r', 'acmeXcore', false],
    ['*-internal', 'conda', 'x-internal', true],
    ['a*e', 'conda', 'acme', true],
    ['a.me', 'conda', 'acme', false],
  ])('%s keeps %s %s: %s', (pattern, type, name, kept) => {
    expect(isReserved(['other', pattern], type, name)).toBe(kept);
  });

  it.each(['', '*', '**', 'Acme', 'a b', 'a/b', 'é', 'x'.repeat(201), '-', 'acme,b'])('%j is no pattern', (pattern) => {
    expect(reservedPatternFault(pattern)).toEqual(expect.any(String));
  });

  it.each(['acme', 'acme-*', '*.internal', 'a_b'])('%j is one', (pattern) => {
    expect(reservedPatternFault(pattern)).toBeUndefined();
  });
});

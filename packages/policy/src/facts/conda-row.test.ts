import { FormatError } from '@sluice/formats/errors';
import { describe, expect, it } from 'vitest';
import { condaFactsRow } from './conda-row.ts';

function row(file: string, record: object) {
  return condaFactsRow(file, new TextEncoder().encode(JSON.stringify(record)), 1);
}

const numpy = { name: 'numpy', version: '1.26.4', build: 'py312_0' };

describe('the facts of one record', () => {
  it.each<[string, string, object]>([
    ['plain', 'numpy-1.26.4-py312_0.conda', numpy],
    ['legacy', 'numpy-1.26.4-py312_0.tar.bz2', numpy],
    ['a record in another case', 'numpy-1.26.4-py312_0.conda', { ...numpy, name: 'NumPy' }],
  ])('%s', (_, file, record) => {
    expect(row(file, record)).toMatchObject({ file, version: '1.26.4' });
  });

  it('keeps a build number beyond 32 bits', () => {
    expect(row('numpy-1.26.4-py312_0.conda', { ...numpy, build_number: 202501010000 }).buildNumber).toBe(202501010000);
  });

  it('is the same for a record that is plain and for one that is not', () => {
    const full = {
      ...{ ...numpy, build_number: 2, license: 'BSD-3-Clause', license_family: 'BSD', timestamp: 1_700_000_000 },
      ...{ size: 7, md5: 'ab'.repeat(16), sha256: 'cd'.repeat(32) },
    };
    for (const record of [full, numpy, { ...numpy, timestamp: 0 }, { ...full, license_family: '' }, full]) {
      const { length, recordHash, ...facts } = row('numpy-1.26.4-py312_0.conda', record);
      const {
        length: longer,
        recordHash: other,
        ...same
      } = row('numpy-1.26.4-py312_0.conda', { ...record, summary: 'é' });
      expect(facts).toEqual(same);
      expect([length < longer, recordHash]).not.toEqual([false, other]);
    }
  });

  it('says of Python what its own record does, however many others were read in between', () => {
    const wanted = Array.from({ length: 300 }, (_, n) => `python >=3.${n}`);
    for (const python of [...wanted, ...wanted]) {
      expect(row('numpy-1.26.4-py312_0.conda', { ...numpy, depends: ['zlib', python] }).python).toBe(python);
    }
  });

  // Rules judge what the record says, the client gets what the file name says: they must be the same package.
  it.each<[string, string, object]>([
    ['another name', 'evil-1.26.4-py312_0.conda', numpy],
    ['another version', 'numpy-1.0-py312_0.conda', numpy],
    ['another build', 'numpy-1.26.4-py311_0.conda', numpy],
    ['an ending that no index lists', 'numpy-1.26.4-py312_0.whl', numpy],
    ['no parts', 'numpy.conda', numpy],
    ['a way out', '../numpy-1.26.4-py312_0.conda', { ...numpy, name: '../numpy' }],
    ['upper case', 'NumPy-1.26.4-py312_0.conda', { ...numpy, name: 'NumPy' }],
    ['no record', 'numpy-1.26.4-py312_0.conda', {}],
  ])('refuses %s', (_, file, record) => {
    expect(() => row(file, record)).toThrow(FormatError);
  });
});

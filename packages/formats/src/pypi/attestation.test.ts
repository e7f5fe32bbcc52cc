import { describe, expect, test } from 'vitest';
import { attestationBundle, attests, parseAttestations, parseProvenance, writeProvenance } from './attestation.ts';

const sha256 = 'ab'.repeat(32);
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');

const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'foo_bar-1.0-py3-none-any.whl', digest: { sha256 } }],
  predicateType: 'https://docs.test/attestations/publish/v1',
  predicate: null,
};
const attestation = (stated: unknown = statement) => ({
  version: 1,
  verification_material: {
    certificate: 'MIIB',
    transparency_entries: [{ logIndex: '1', kindVersion: { kind: 'dsse' } }],
  },
  envelope: { statement: base64(stated), signature: 'c2ln' },
});
const read = (stated?: unknown) => parseAttestations(JSON.stringify([attestation(stated)]))[0]!;

describe('an attestation', () => {
  test('says what it states', () => {
    expect(read().statement).toEqual({
      predicateType: 'https://docs.test/attestations/publish/v1',
      subjects: [{ name: 'foo_bar-1.0-py3-none-any.whl', sha256 }],
    });
  });

  test('becomes a Sigstore bundle', () => {
    expect(attestationBundle(read())).toEqual({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: 'MIIB' },
        tlogEntries: [{ logIndex: '1', kindVersion: { kind: 'dsse' } }],
      },
      dsseEnvelope: {
        payload: base64(statement),
        payloadType: 'application/vnd.in-toto+json',
        signatures: [{ sig: 'c2ln', keyid: '' }],
      },
    });
  });

  test.each([
    ['foo_bar-1.0-py3-none-any.whl', sha256, true],
    ['Foo.Bar-1.0-py3-none-any.whl', sha256, true],
    ['foo_bar-1.0-py2.py3-none-any.whl', sha256, false],
    ['foo_bar-1.0-1-py3-none-any.whl', sha256, false],
    ['foo_bar-1.1-py3-none-any.whl', sha256, false],
    ['foo_bar-1.0.tar.gz', sha256, false],
    ['foo_bar-1.0-py3-none-any.whl', 'cd'.repeat(32), false],
  ])('is about %s with %s: %s', (fileName, digest, about) => {
    expect(attests(read(), fileName, digest)).toBe(about);
  });

  test('about two files is about none', () => {
    const two = { ...statement, subject: [...statement.subject, ...statement.subject] };
    expect(attests(read(two), 'foo_bar-1.0-py3-none-any.whl', sha256)).toBe(false);
  });

  const good = attestation();
  test.each<[string, unknown]>([
    ['nothing', []],
    ['no array', good],
    ['too many', Array.from({ length: 33 }, () => good)],
    ['another version', [{ ...good, version: 2 }]],
    ['no envelope', [{ ...good, envelope: undefined }]],
    ['no base64', [{ ...good, envelope: { ...good.envelope, signature: '*' } }]],
    ['no certificate', [{ ...good, verification_material: { ...good.verification_material, certificate: 1 } }]],
    [
      'no entries of the log',
      [{ ...good, verification_material: { ...good.verification_material, transparency_entries: [] } }],
    ],
    ['no statement', [attestation('x')]],
    ['a statement of another type', [attestation({ ...statement, _type: 'x' })]],
    ['a statement without subject', [attestation({ ...statement, subject: [] })]],
    ['a subject without name', [attestation({ ...statement, subject: [{ digest: {} }] })]],
  ])('is refused with %s', (_, value) => {
    expect(() => parseAttestations(JSON.stringify(value))).toThrow(expect.objectContaining({ code: 'attestation' }));
  });

  test('is refused where it is no JSON, or endless', () => {
    expect(() => parseAttestations('[')).toThrow(expect.objectContaining({ code: 'attestation' }));
    expect(() => parseAttestations(' '.repeat(5 * 2 ** 20))).toThrow(expect.objectContaining({ code: 'attestation' }));
  });
});

describe('provenance', () => {
  const publisher = { kind: 'GitHub', repository: 'foo/bar', workflow: 'release.yml' };
  const text = JSON.stringify({ version: 1, attestation_bundles: [{ publisher, attestations: [attestation()] }] });

  test('is read and written', () => {
    const bundles = parseProvenance(text);
    expect(bundles).toMatchObject([{ publisher, attestations: [{ statement: { subjects: [{ sha256 }] } }] }]);
    expect(writeProvenance(bundles)).toBe(text);
  });

  test.each([
    '[]',
    '{}',
    '{"version":1}',
    '{"version":2,"attestation_bundles":[]}',
    '{"version":1,"attestation_bundles":[{}]}',
  ])('refuses %s', (wrong) => {
    expect(() => parseProvenance(wrong)).toThrow(expect.objectContaining({ code: 'attestation' }));
  });
});

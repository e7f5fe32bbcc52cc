import { createTestCatalog, type TestCatalog } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPinName, parseRef } from './ref.ts';
import { resolveRef } from './resolve-ref.ts';

describe('a ref is', () => {
  it.each([
    ['12', { kind: 'number', no: 12 }],
    ['20261101', { kind: 'number', no: 20_261_101 }],
    ['head', { kind: 'head' }],
    ['release-3.1_final', { kind: 'pin', name: 'release-3.1_final' }],
    ['header', { kind: 'pin', name: 'header' }],
  ])('%s', (text, ref) => {
    expect(parseRef(text)).toEqual(ref);
  });

  it.each([
    ['2026-11-01', '2026-11-02T00:00:00.000Z'],
    ['2024-02-29', '2024-03-01T00:00:00.000Z'],
    ['2026-12-31', '2027-01-01T00:00:00.000Z'],
    ['2026-11-01T10:00:00Z', '2026-11-01T10:00:01.000Z'],
    ['2026-11-01T10:00:00', '2026-11-01T10:00:01.000Z'],
    ['2026-11-01T10:00Z', '2026-11-01T10:01:00.000Z'],
    ['2026-11-01T10:00:00.250Z', '2026-11-01T10:00:00.251Z'],
    ['2026-11-01T10:00:00.2Z', '2026-11-01T10:00:00.300Z'],
    ['2026-11-01T10:00:00+02:00', '2026-11-01T08:00:01.000Z'],
    ['2026-11-01T00:30:00-05:30', '2026-11-01T06:00:01.000Z'],
    ['20261101T100000Z', '2026-11-01T10:00:01.000Z'],
    ['20261101t100000z', '2026-11-01T10:00:01.000Z'],
    ['20261101T1000', '2026-11-01T10:01:00.000Z'],
    ['20261101T100000+0200', '2026-11-01T08:00:01.000Z'],
  ])('%s: what was published before %s', (text, instant) => {
    expect(parseRef(text)).toEqual({ kind: 'before', instant: new Date(instant) });
  });

  it.each([
    '',
    '-1',
    '1.5',
    '1234567890',
    'Release',
    '_x',
    'a b',
    'a/b',
    'a@b',
    'ä',
    'a'.repeat(65),
    '2026-11',
    '2026-13-01',
    '2026-02-29',
    '2026-11-31',
    '2026-11-01T24:00:00Z',
    '2026-11-01T10:60:00Z',
    '2026-11-01T10:00:00+25:00',
    '2026-11-01 10:00:00Z',
    '2026-11-01T100000Z',
    '20261101T10:00:00Z',
  ])('not %j', (text) => {
    expect(() => parseRef(text)).toThrow(expect.objectContaining({ code: 'ref_malformed' }));
  });

  it.each(['head', '1a', '2026-11-01', 'A', ''])('%j cannot name a pin', (text) => {
    expect(() => checkPinName(text)).toThrow(expect.objectContaining({ code: 'pin_name' }));
  });
});

describe('of the publications that are kept it means', () => {
  let catalog: TestCatalog;
  let channel: number;
  let empty: number;
  beforeAll(async () => {
    catalog = await createTestCatalog();
    channel = await catalog.addChannel('c');
    empty = await catalog.addChannel('empty');
    const times = { 1: '2026-11-01T09:00:00.500Z', 2: '2026-11-01T12:00:00Z', 5: '2026-11-03T00:00:00Z' };
    for (const [no, at] of Object.entries(times)) {
      await catalog.db
        .insertInto('publication')
        .values({
          channel_id: channel,
          no: Number(no),
          created_at: new Date(at),
          cause: 'test',
          inputs: '[]',
          added: 0,
          removed: 0,
          files: 0,
          packages: 0,
          actor: null,
        })
        .execute();
    }
    await catalog.db.updateTable('channel').set({ head_no: 5 }).where('id', '=', channel).execute();
    await catalog.db
      .insertInto('pin')
      .values({ channel_id: channel, name: 'release', no: 2, created_at: new Date(), created_by: 'ada' })
      .execute();
  });
  afterAll(() => catalog.close());

  it.each([
    ['1', 1],
    ['head', 5],
    ['release', 2],
    ['2026-11-01', 2],
    ['2026-11-02', 2],
    ['2026-11-03', 5],
    ['2999-01-01', 5],
    ['2026-11-01T09:00:00Z', 1],
    ['2026-11-01T09:00:00.500Z', 1],
    ['2026-11-01T11:59:59Z', 1],
    ['20261101T130000+0100', 2],
  ])('%s: %i', async (ref, no) => {
    expect(await resolveRef(catalog.db, channel, ref)).toMatchObject({ no });
  });

  it.each([
    ['3', 'publication_missing', '2 (2026-11-01T12:00:00.000Z) and 5 ('],
    ['6', 'publication_missing', 'The nearest: 5 ('],
    ['0', 'publication_missing', 'The nearest: 1 ('],
    ['2026-10-31', 'publication_missing', 'The first: 1 (2026-11-01T09:00:00.500Z)'],
    ['2026-11-01T09:00:00.499Z', 'publication_missing', 'The first: 1'],
    ['other', 'pin_missing', 'pinned as other'],
  ])('%s: none, and the answer says what there is', async (ref, code, text) => {
    await expect(resolveRef(catalog.db, channel, ref)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(text),
    });
  });

  it.each(['head', '1', '2026-11-01'])('none in a channel that has published nothing (%s)', async (ref) => {
    await expect(resolveRef(catalog.db, empty, ref)).rejects.toMatchObject({ code: 'publication_missing' });
  });
});

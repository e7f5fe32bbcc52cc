import { readFileSync } from 'node:fs';
import { FormatError } from '@sluice/formats/errors';
import { expect, test } from 'vitest';
import { MirrorError } from '../../errors.ts';
import { bundleRefusal } from './refusal.ts';

function unreadable(): unknown {
  try {
    return readFileSync('/nowhere/part');
  } catch (error) {
    return error;
  }
}

test.each([
  ['bundle_cut', Object.assign(new Error('cut'), { name: 'ArchiveError', code: 'bundle_cut' })],
  ['bundle_base_missing', new FormatError('bundle_base', 'Of another base.', { wanted: 'a', found: 'b' })],
  ['bundle_malformed', new FormatError('bundle_contents', 'No line.', { wanted: 'a', found: 'b' })],
  ['upstream_unavailable', unreadable()],
])('%s', (code, error) => {
  expect(bundleRefusal(error)).toMatchObject({ name: 'MirrorError', code, cause: error });
});

test('everything else is what it was', () => {
  for (const error of [new Error('x'), new MirrorError('bundle_replayed', 'x'), 'text']) {
    expect(bundleRefusal(error)).toBe(error);
  }
});

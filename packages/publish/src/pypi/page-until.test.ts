import { type SimpleFile, writeSimpleJson } from '@sluice/formats/pypi';
import { expect, test } from 'vitest';
import { pageUntil } from './page-until.ts';

const file = (version: string, uploadTime?: string): SimpleFile => ({
  filename: `demo-${version}.tar.gz`,
  url: `../../pypi/demo/demo-${version}.tar.gz`,
  hashes: {},
  yanked: false,
  coreMetadata: false,
  ...(uploadTime !== undefined && { uploadTime }),
});

test('a page of the past has what was uploaded by then', () => {
  const files = [file('1.0', '2026-01-01T00:00:00Z'), file('2.0', '2026-02-01T00:00:00Z'), file('3.0')];
  const json = Buffer.from(writeSimpleJson({ name: 'demo', files }));
  const names = (until: string) => pageUntil(json, new Date(until))?.files.map(({ filename }) => filename);
  expect(names('2026-01-02')).toEqual(['demo-1.0.tar.gz']);
  expect(names('2026-03-01')).toEqual(['demo-1.0.tar.gz', 'demo-2.0.tar.gz']);
  expect(names('2025-12-31')).toBeUndefined();
});

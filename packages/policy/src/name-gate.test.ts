import { expect, test } from 'vitest';
import type { MirrorFilters } from './filters.ts';
import { pythonNameGate } from './name-gate.ts';

const gate = (
  filters: MirrorFilters,
  more: { types?: ('conda' | 'python')[]; reserved?: string[]; exclude?: string[] } = {},
) =>
  pythonNameGate({
    types: more.types ?? ['python'],
    channel: { exclude_specs: more.exclude ?? [] },
    mirror: { filters, keepLegacy: false, reserved: more.reserved ?? [] },
  });

test.each([
  ['nothing', gate({}), undefined],
  ['another type', gate({}, { types: ['conda'] }), 'type'],
  ['a reserved name', gate({}, { reserved: ['acme*'] }), 'reserved'],
  ['other projects', gate({ projects: ['numpy'] }), 'name'],
  ['its projects', gate({ projects: ['acme-tool'] }), undefined],
  ['other specs', gate({ only_specs: ['numpy >=2'] }), 'only_specs'],
  ['a spec of it', gate({ only_specs: ['Acme.* >=2'] }), undefined],
  ['all of it excluded', gate({ exclude_specs: ['ACME_tool'] }), 'exclude_specs'],
  ['some of it excluded', gate({ exclude_specs: ['acme-tool <2'] }), undefined],
  ['excluded, some added again', gate({ exclude_specs: ['acme*'], include_specs: ['acme-tool ==2'] }), undefined],
  ['excluded by the channel', gate({}, { exclude: ['acme-*'] }), 'channel_exclude_specs'],
] as const)('%s', (_, keepsOut, reason) => {
  expect(keepsOut('acme-tool')).toBe(reason);
});

import { describe, expect, it } from 'vitest';
import { type FilterKey, filterFault } from './filter-fault.ts';

describe('one entry of a filter', () => {
  it.each<[FilterKey, string, string | undefined]>([
    ['subdirs', 'linux-64', undefined],
    ['subdirs', 'not a subdir', 'subdir_invalid'],
    ['only_specs', 'numpy >=1.20', undefined],
    ['only_specs', 'numpy >', 'spec_invalid'],
    ['exclude_specs', '', 'spec_invalid'],
    ['exclude_specs', `numpy[md5=${'a'.repeat(32)}]`, undefined],
    ['include_specs', 'numpy[channel=x]', 'spec_key_not_supported'],
    ['include_licenses', 'mit', undefined],
    ['exclude_licenses', 'GPL3', undefined],
    ['exclude_licenses', 'Free-ish', 'license_unknown'],
  ])('%s: %j', (key, text, code) => {
    expect(filterFault(key, text, ['conda'])?.code).toBe(code);
  });

  it('says what a filter can judge', () => {
    expect(filterFault('only_specs', 'numpy[channel=x]', ['conda'])?.message).toMatch(
      /asks for channel, .* It can judge name, version/,
    );
  });
});

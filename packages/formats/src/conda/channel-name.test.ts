import { platformNames } from '@conda-org/rattler';
import { describe, expect, test } from 'vitest';
import { parseChannelComponent, readChannel } from './channel-name.ts';
import { parseLabel } from './label.ts';
import { knownSubdirs, parseSubdir } from './subdir.ts';

describe('channel names', () => {
  test.each(['team-a', 'conda-forge', 'r', '_x', 'a.b_c', '2024'])('%s', (text) => {
    expect(parseChannelComponent(text)).toBe(text);
  });

  test.each(['', 'Team', '.a', '-a', '~a', 'a/b', 'a b', 'a'.repeat(129)])('refuses %j', (text) => {
    expect(() => parseChannelComponent(text)).toThrow(/lower-case letters/);
  });

  test.each(['t', 'label', 'api', 'simple', 'cran', 'noarch', 'linux-64'])('keeps the word %s for itself', (text) => {
    expect(() => parseChannelComponent(text)).toThrow(expect.objectContaining({ code: 'conda_channel' }));
    expect(() => parseChannelComponent(text)).toThrow(/a meaning of its own/);
  });
});

test.each([
  ['conda-forge', 'conda-forge', undefined],
  ['conda-forge/noarch', 'conda-forge', 'noarch'],
  ['a/b/linux-64', 'a/b', 'linux-64'],
  ['a/team-b', 'a/team-b', undefined],
  ['linux-64', 'linux-64', undefined],
  ['https://conda.anaconda.org/conda-forge/label/dev/', 'conda-forge/label/dev', undefined],
  ['https://u:p@h:80/t/token/pkgs/main/win-64?x#y', 'pkgs/main', 'win-64'],
  ['https://h/api/repo/team/sub', 'team/sub', undefined],
  ['file:///srv/mirror/noarch', 'srv/mirror', 'noarch'],
  ['https://h/noarch', '', 'noarch'],
])('readChannel %s', (text, channel, subdir) => {
  expect(readChannel(text)).toEqual(subdir === undefined ? { channel } : { channel, subdir });
});

describe('subdirs', () => {
  test('every known one has the right shape and is known to rattler', () => {
    for (const subdir of knownSubdirs) {
      expect(parseSubdir(subdir)).toBe(subdir);
      expect(platformNames).toContain(subdir);
    }
  });

  test.each(['', 'linux', 'Linux-64', 'linux-64-x', 'linux_64', `linux-${'6'.repeat(30)}`])('refuses %j', (text) => {
    expect(() => parseSubdir(text)).toThrow(expect.objectContaining({ code: 'conda_subdir' }));
  });
});

test('labels', () => {
  expect(parseLabel('dev/2024.1_x-y')).toBe('dev/2024.1_x-y');
  for (const text of ['', '1a', 'a b', 'nolabel', 'a'.repeat(129)]) {
    expect(() => parseLabel(text)).toThrow(expect.objectContaining({ code: 'conda_label' }));
  }
});

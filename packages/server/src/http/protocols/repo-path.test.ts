import { describe, expect, it } from 'vitest';
import { parseRepoPath } from './repo-path.ts';

describe('parseRepoPath', () => {
  it.each([
    ['/api/repo/c', { channel: 'c', ref: undefined, rest: '' }],
    ['/api/repo/c/linux-64/a.conda', { channel: 'c', ref: undefined, rest: 'linux-64/a.conda' }],
    ['/api/repo/c/s/linux-64/a.conda', { channel: 'c/s', ref: undefined, rest: 'linux-64/a.conda' }],
    ['/api/repo/c//noarch//repodata.json', { channel: 'c', ref: undefined, rest: 'noarch/repodata.json' }],
    ['/api/repo/c@12/noarch/repodata.json', { channel: 'c', ref: '12', rest: 'noarch/repodata.json' }],
    ['/api/repo/c%4012/noarch/repodata.json', { channel: 'c', ref: '12', rest: 'noarch/repodata.json' }],
    ['/api/repo/c@12/s/noarch/x', { channel: 'c', ref: '12', rest: 's/noarch/x' }],
    ['/api/repo/c/s@2026-11-01/noarch/x', { channel: 'c/s', ref: '2026-11-01', rest: 'noarch/x' }],
    ['/api/repo/c/s@2026-11-01T10%3A00%3A00Z/x', { channel: 'c/s', ref: '2026-11-01T10:00:00Z', rest: 'x' }],
    ['/api/repo/c@/noarch/x', { channel: 'c', ref: '', rest: 'noarch/x' }],
    ['/api/repo/c@pin@x/noarch/x', { channel: 'c', ref: 'pin@x', rest: 'noarch/x' }],
    ['/api/repo/c/noarch/a@b-1-0.conda', { channel: 'c', ref: undefined, rest: 'noarch/a@b-1-0.conda' }],
    ['/api/repo/c/simple/Foo/', { channel: 'c', ref: undefined, rest: 'simple/Foo', slash: true }],
    ['/api/repo/c/s/cran/', { channel: 'c/s', ref: undefined, rest: 'cran', slash: true }],
    ['/api/repo/c/files/setup/1.2/a.exe', { channel: 'c', ref: undefined, rest: 'files/setup/1.2/a.exe' }],
    [
      '/api/repo/c/files/linux-64/repodata.json',
      { channel: 'c/files', ref: undefined, rest: 'linux-64/repodata.json' },
    ],
    ['/api/repo/c/files/channeldata.json', { channel: 'c/files', ref: undefined, rest: 'channeldata.json' }],
    ['/api/repo/', undefined],
    ['/api/channels/c', undefined],
    ['/api/repo/c/../d', undefined],
    ['/api/repo/c%2F..%2Fd', undefined],
    ['/api/repo/%ff', undefined],
  ])('%s', (path, wanted) => {
    expect(parseRepoPath(path)).toEqual(wanted && { slash: false, ...wanted });
  });
});

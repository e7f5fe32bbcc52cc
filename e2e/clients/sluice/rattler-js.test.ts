import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JsSolvedPackage, rattlerJsSolve } from '../rattler-js.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

const filters = { exclude_specs: ['dependent >=2', 'python'] };

describe('@conda-org/rattler', () => {
  let sluice: Sluice;

  beforeAll(async () => {
    sluice = await startSluice();
    for (const mode of ['active', 'passive']) {
      await sluice.makeChannel(mode);
      await sluice.mirror(mode, { mirror_mode: mode, filters });
    }
    await sluice.makeChannel('closed', { privacy: 'private' });
    await sluice.mirror('closed', { filters });
  });
  afterAll(() => sluice.close());

  const solve = (address: string, ...specs: string[]) => rattlerJsSolve(specs, [address], ['osx-64', 'noarch']);
  const files = (solved: JsSolvedPackage[]) => solved.map(({ file, sha256 }) => ({ file, sha256 }));

  it('finds the same solution in an active and a passive mirror', async () => {
    const specs = ['another_dependent', 'zlib', 'buildstring'];
    const active = await solve(sluice.address('active'), ...specs);
    const passive = await solve(sluice.address('passive'), ...specs);
    expect(active.map(({ file }) => file).sort()).toEqual([
      'another_dependent-2.0-0.conda',
      'buildstring-1.0-versioned_2.conda',
      'dependency-1.0-0.conda',
      'dependent-1.0-0.conda',
      'versioned-2.0-0.conda',
      'zlib-1.2.11-h1de35cc_3.conda',
    ]);
    expect(files(passive)).toEqual(files(active));
    for (const { url } of passive) expect(url.startsWith(sluice.address('passive'))).toBe(true);
  });

  it('finds none with what is filtered, and none without what is filtered', async () => {
    await expect(solve(sluice.address('passive'), 'dependent >=2')).rejects.toThrow(/dependent/);
    await expect(solve(sluice.address('passive'), 'sample_noarch_python')).rejects.toThrow(/python/);
  });

  it('shows its token by the path', async () => {
    const token = await sluice.readToken('closed');
    expect(await solve(sluice.address('closed', token), 'zlib')).toHaveLength(1);
    await expect(solve(sluice.address('closed', 'tk-abc'), 'zlib')).rejects.toThrow(/401/);
    await expect(solve(sluice.address('closed'), 'zlib')).rejects.toThrow(/401/);
  });
});

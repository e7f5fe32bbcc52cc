import { readFileSync } from 'node:fs';
import path from 'node:path';
import { condaSubdirs, writeCondaPackages } from '@sluice/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCondaFolder } from '../conda-folder.ts';
import { describeWithPython } from '../describe-with-python.ts';
import { type Sluice, startSluice } from './start-sluice.ts';

type Fields = Record<string, unknown>;

/** Fields of a document that are not the same, each as `a > b > c` with both values; `undefined` where it is missing. */
function differences(ours: unknown, theirs: unknown, at: string[] = []): [string, unknown, unknown][] {
  const isMap = (value: unknown): value is Fields =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isMap(ours) && isMap(theirs)) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys].flatMap((key) => differences(ours[key], theirs[key], [...at, key]));
  }
  const isSame = JSON.stringify(ours) === JSON.stringify(theirs);
  return isSame ? [] : [[at.join(' > '), ours, theirs]];
}

await describeWithPython('the index of a bare folder of 47 packages', (python) => {
  let sluice: Sluice;
  let indexed: string;

  beforeAll(async () => {
    sluice = await startSluice();
    indexed = sluice.newFolder('indexed');
    const bare = sluice.newFolder('bare');
    writeCondaPackages(bare);
    await makeCondaFolder(python, indexed);
    for (const mode of ['passive', 'active']) {
      await sluice.makeChannel(mode);
      await sluice.mirror(mode, { mirror_mode: mode, source_root: bare });
    }
  });
  afterAll(() => sluice.close());

  const theirs = (document: string) => JSON.parse(readFileSync(path.join(indexed, document), 'utf8'));
  const ours = async (channel: string, document: string) =>
    (await sluice.app.request('GET', `/api/repo/${channel}/${document}`)).json;

  // Nothing differs: every record has the same fields, with the same values.
  it.each(['passive', 'active'])('has the records that conda-index writes, field by field, %s', async (channel) => {
    let records = 0;
    for (const subdir of condaSubdirs) {
      const wanted = theirs(`${subdir}/repodata.json`);
      expect(differences(await ours(channel, `${subdir}/repodata.json`), wanted), subdir).toEqual([]);
      records += Object.keys(wanted.packages).length + Object.keys(wanted['packages.conda']).length;
    }
    expect(records).toBe(47);
  });

  it('has the run exports that conda-index writes', async () => {
    for (const subdir of condaSubdirs) {
      const document = `${subdir}/run_exports.json`;
      expect(differences(await ours('active', document), theirs(document)), subdir).toEqual([]);
    }
  });

  // conda-index writes `"legacy_bz2_md5": null` where a `.conda` has no `.tar.bz2` beside it; we leave the field out. conda
  // takes a missing one for null.
  it('has the current repodata that conda-index writes, but for a field that says nothing', async () => {
    let left = 0;
    for (const subdir of condaSubdirs) {
      const document = `${subdir}/current_repodata.json`;
      for (const difference of differences(await ours('active', document), theirs(document))) {
        expect(difference).toEqual([expect.stringMatching(/\.conda > legacy_bz2_md5$/), undefined, null]);
        left++;
      }
    }
    expect(left).toBeGreaterThan(0);
  });

  // We name the file that an entry was made from, as CEP 38 has it; conda-index 0.13 does not. Its `source_url` and
  // `source_git_url` come from the recipe that some packages carry: Sluice reads a package's metadata, not recipes.
  it('has the channeldata that conda-index writes, but for the fields below', async () => {
    const found = differences(await ours('active', 'channeldata.json'), theirs('channeldata.json'));
    const fields = found.map(([at, mine, other]) => [at.split(' > ').at(-1), mine === undefined, other === undefined]);
    expect(new Set(fields.map((field) => field.join()))).toEqual(
      new Set(['reference_package,false,true', 'source_url,true,false', 'source_git_url,true,false']),
    );
  });
});

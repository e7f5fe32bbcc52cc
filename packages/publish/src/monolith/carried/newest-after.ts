import type { PublicationInput } from '@sluice/catalog';
import { packageNameOf } from '@sluice/formats/package';
import type { MonolithDeps } from '../monolith-deps.ts';
import { newestFiles } from '../newest-files.ts';
import { type NewestList, newestOf, renewedList } from '../newest-list.ts';
import { wordSet } from '../word-set.ts';
import type { MovedRecords } from './moved-records.ts';
import { halvesOf, lookAtNames } from './records-of-names.ts';

/**
 * The newest files of a subdir after something moved. Mostly a name's newest is the earlier one or what is fresh; all files of
 * the name are looked at only where the earlier one is dropped.
 *
 * @param listed signatures of what is listed now, at least of the names of which something is dropped.
 * @returns undefined when a listed record is not there.
 */
export async function newestAfter(
  deps: Pick<MonolithDeps, 'pool'>,
  { subdir, inputs }: { subdir: string; inputs: readonly PublicationInput[] },
  earlier: NewestList,
  { dropped, fresh }: MovedRecords,
  listed: ReadonlyMap<string, Uint8Array>,
): Promise<NewestList | undefined> {
  const names = new Set([...dropped.keys(), ...fresh.map(({ fn }) => fn)].map(nameOf));
  const newest = newestFiles(subdir);
  const lost = new Set<string>();
  for (const file of newestOf(earlier, names)) {
    if (dropped.has(file.fn)) lost.add(file.name);
    else newest.addNewest(file);
  }
  for (const { fn, body } of fresh) newest.add(fn, body, 0, body.byteLength);
  const signatures = [...lost].flatMap((name) => listed.get(name) ?? []);
  let left = signatures.reduce((sum, { byteLength }) => sum + byteLength / 8, 0);
  const words = wordSet(left);
  for (const signature of signatures) words.add(signature);
  await lookAtNames(deps, inputs, { subdir, names: () => lost }, (version) => {
    if (!words.take(...halvesOf(version))) return;
    left--;
    const body = Uint8Array.from(version.body);
    newest.add(version.file, body, 0, body.byteLength);
  });
  return left === 0 ? renewedList(earlier, names, newest.list()) : undefined;
}

const nameOf = (fn: string) => packageNameOf('conda', fn);

import { changedFiles, changedRecords, findPublicationSource } from '@sluice/catalog';
import { compareLineKeys } from '@sluice/formats/bundle';
import { packageTypeOf } from '@sluice/formats/package';
import type { ReadingDeps } from './deps.ts';
import { versionFacts } from './listed-version.ts';
import { expectedOf, type ListedFileVersion, ownInputs } from './listed-versions.ts';
import { movedWords } from './monolith/carried/moved-words.ts';
import { revisionsOf } from './monolith/carried/records-of-names.ts';
import { showsOthers } from './own-changes.ts';
import { signatureWord } from './select.ts';

/** Which publications of a channel: the earlier and the later one, in one part. */
export interface ChangedWish {
  channelId: number;
  part: string;
  from: number;
  to: number;
  /** Only of these layers (ids of mirrors); of all that are the channel's own when left out. */
  layers?: readonly string[] | undefined;
}

/** By what two publications differ in what they list of the channel's own layers. */
export interface ChangedVersions {
  /** Files of which the earlier one lists another version, or the later one none. */
  dropped: ReadonlySet<string>;
  /** What only the later one lists, in byte order of the files. */
  fresh: ListedFileVersion[];
}

/** Of more all names that changed are read, some at a time. */
const mostChanged = 20_000;

/**
 * What changed between two kept publications, where all of it is a change of records: then nothing else of their names is read.
 *
 * @returns undefined where rules, other layers or patches have a part in it, and where equal texts may be of other bytes.
 */
export async function changedVersions(deps: ReadingDeps, wish: ChangedWish): Promise<ChangedVersions | undefined> {
  const { channelId, part, from, to, layers } = wish;
  // What stands beside a file of Python's is no word of its publication.
  if (packageTypeOf(part) === 'python') return undefined;
  const [before, after, words] = await Promise.all([
    findPublicationSource(deps.db, channelId, from),
    findPublicationSource(deps.db, channelId, to),
    movedWords(deps, channelId, { subdir: part, from, to, most: mostChanged }),
  ]);
  if (!before || !after || !words || before.patch_rev > 0 || after.patch_rev > 0) return undefined;
  // A word that did not move may be another layer's, and then says nothing of these.
  if (showsOthers(before, layers) || showsOthers(after, layers)) return undefined;
  const dropped = new Set<string>();
  const fresh: ListedFileVersion[] = [];
  const known = revisionsOf(ownInputs(before, layers));
  let changed = 0;
  for (const [source_id, revision] of revisionsOf(ownInputs(after, layers))) {
    const since = known.get(source_id);
    // Of a source that is new here the words stay.
    if (since === undefined || since === revision) continue;
    const source = { source_id, subdir: part };
    changed += (await changedFiles(deps.db, source, since, revision))?.length ?? Number.POSITIVE_INFINITY;
    if (changed > mostChanged) return undefined;
    const rows = await changedRecords(deps.db, source, since, revision);
    const facts = versionFacts(part, rows);
    for (const [i, { to_rev, ...row }] of rows.entries()) {
      const expected = expectedOf(facts, i);
      if (expected.sha256 === undefined) return undefined;
      const [word] = new BigUint64Array(signatureWord(facts, i).buffer);
      const isLive = to_rev === null || to_rev > revision;
      if (row.from_rev <= since) {
        if (words.dropped.delete(word!)) dropped.add(row.file);
      } else if (isLive && words.fresh.delete(word!)) fresh.push({ ...row, source_id, expected });
    }
  }
  if (words.dropped.size + words.fresh.size > 0) return undefined;
  return { dropped, fresh: fresh.sort((a, b) => compareLineKeys(a.file, b.file)) };
}

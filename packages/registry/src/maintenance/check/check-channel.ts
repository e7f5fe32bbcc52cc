import {
  type ChannelNumbers,
  channelNumbers,
  channelsAfter,
  type ListedEntry,
  listedEntries,
  mirrorsAhead,
} from '@sluice/catalog';
import { decodeShardIndex } from '@sluice/formats/conda';
import { bytesToHex } from '@sluice/formats/digest';
import { changedShardSum, noShards, packageTypeOf, type ShardSum, writeShardSum } from '@sluice/formats/package';
import { blobRef } from '@sluice/storage';
import { readZstd } from '../read-shard.ts';
import { checkBytes } from './check-bytes.ts';
import { checkMonolith } from './check-monolith.ts';
import { checkListedRecords } from './check-rows.ts';
import { checkShards } from './check-shards.ts';
import { type Check, reindexRemedy } from './context.ts';
import { type FindingCode, note } from './report.ts';
import { shardsOf } from './shards-of.ts';

const portion = 1000;

/** Where in a channel the check is. */
interface Place {
  channel: number;
  subdir: string;
}

/** Last stage: the next subdir of the head, or what concerns the next channel as a whole. */
export async function checkChannel(check: Check, at?: Place): Promise<Place | undefined> {
  const channel = at?.subdir ? at.channel : await nextChannel(check, at?.channel ?? 0);
  if (channel === undefined) return undefined;
  const numbers = await channelNumbers(check.deps.db, channel);
  if (!numbers) return { channel, subdir: '' };
  if (!at?.subdir) {
    check.report.channels++;
    await checkNumbers(check, channel, numbers);
  }
  const subdir = (await headSubdirs(check, channel, numbers.head_no)).find((name) => name > (at?.subdir ?? ''));
  if (subdir === undefined) return check.channelId === undefined ? { channel, subdir: '' } : undefined;
  await checkIndex(check, channel, numbers, subdir);
  if (check.deep) {
    await checkShards(check, channel, numbers, subdir);
    await checkListedRecords(check, channel, numbers, subdir);
    if (packageTypeOf(subdir) === 'conda') await checkMonolith(check, channel, numbers, subdir);
  }
  return { channel, subdir };
}

async function nextChannel({ deps, channelId }: Check, after: number): Promise<number | undefined> {
  if (channelId !== undefined) return after === 0 ? channelId : undefined;
  return (await channelsAfter(deps.db, after, 1))[0]?.id;
}

async function checkNumbers({ deps, report }: Check, id: number, numbers: ChannelNumbers): Promise<void> {
  const { path, head_no, monolith_no, newest_no } = numbers;
  const tell = (code: FindingCode, subject: string, message: string, remedy = reindexRemedy(path)) =>
    note(report, { code, severity: 'error', channel: path, subject, message, remedy });
  if (head_no !== newest_no || (head_no > 0 && !numbers.has_head)) {
    const found = numbers.has_head ? '' : ', which is not there';
    tell('head_number', path, `The head is publication ${head_no}${found}; the newest one is ${newest_no}.`);
  }
  if (monolith_no > head_no || (monolith_no > 0 && !numbers.has_monolith) || numbers.documents_beyond > 0) {
    tell(
      'monolith_number',
      path,
      `The documents are those of publication ${monolith_no}, which is not there or not yet: the head is ${head_no}; ${numbers.documents_beyond} are of later ones.`,
    );
  }
  if (numbers.entries_beyond > 0) {
    tell(
      'entry_interval',
      path,
      `${numbers.entries_beyond} entries begin or end after the head, or end before they begin.`,
    );
  }
  for (const key of numbers.overlapping) {
    tell('entry_interval', key, 'Two entries are listed under this key by one publication.');
  }
  for (const { name, at_rev, revision } of await mirrorsAhead(deps.db, id)) {
    tell(
      'mirror_ahead',
      name,
      `The mirror shows revision ${at_rev} of its source, which is only at ${revision}.`,
      `Run the mirror: npx sluice mirror run ${name} --channel ${path}. If that does not help, restore the database whole.`,
    );
  }
}

/** The subdirs of which a publication lists anything, in byte order. */
async function headSubdirs({ deps }: Check, channel: number, no: number): Promise<string[]> {
  const subdirs: string[] = [];
  for (let after = ''; ; after = `${subdirs.at(-1)}0`) {
    // The character after the slash: on to the first key of the next subdir.
    const [shard] = await listedEntries(deps.db, channel, { kind: 'shard', no }, after, 1);
    if (!shard) break;
    subdirs.push(shard.key.slice(0, shard.key.indexOf('/')));
  }
  for (const { key } of await listedEntries(deps.db, channel, { kind: 'index', no }, '', portion)) {
    subdirs.push(key.slice(0, key.indexOf('/')));
  }
  return [...new Set(subdirs)].sort();
}

/** Does the index list the shards there are, and no others? With one channel alone, also: are their bytes there? */
async function checkIndex(
  check: Check,
  channel: number,
  { path, head_no }: ChannelNumbers,
  subdir: string,
): Promise<void> {
  const key = `${subdir}/repodata_shards.msgpack.zst`;
  const tell = (code: FindingCode, subject: string, message: string) =>
    note(check.report, { code, severity: 'error', channel: path, subject, message, remedy: reindexRemedy(path) });
  const [index] = (await listedEntries(check.deps.db, channel, { kind: 'index', no: head_no }, '', portion)).filter(
    (entry) => entry.key === key,
  );
  // Of a part whose index nobody is served there is but a sum.
  const hasSum = packageTypeOf(subdir) !== 'conda';
  const listed = index && !hasSum ? await listedShards(check, index) : undefined;
  if (!index) tell('index_missing', key, 'The subdir has shards, and no index that lists them.');
  else if (!hasSum && !listed) tell('index_differs', key, 'The index cannot be read, so nobody knows what it lists.');
  let sum = noShards;
  if (index && check.channelId !== undefined) await checkBytes(check, [index], path);
  for await (const page of shardsOf(check, channel, head_no, subdir)) {
    check.report.entries += page.length;
    sum = changedShardSum(
      sum,
      page.map(({ sha256 }) => sha256),
    );
    if (check.channelId !== undefined) {
      check.report.blobs += page.length;
      await checkBytes(check, page, path);
    }
    for (const entry of page) {
      const name = entry.key.slice(subdir.length + 1);
      const found = listed?.get(name);
      listed?.delete(name);
      if (listed && found !== bytesToHex(entry.sha256)) {
        const what = found === undefined ? 'does not list it' : `lists ${found}`;
        tell('index_differs', entry.key, `The shard is ${bytesToHex(entry.sha256)}, the index ${what}.`);
      }
    }
  }
  for (const name of listed?.keys() ?? []) {
    tell('index_differs', `${subdir}/${name}`, 'The index lists a shard that the head does not have.');
  }
  if (index && hasSum && !(await isSum(check, index, sum)))
    tell('index_differs', key, `The sum of the part is not that of the ${sum.count} shards that the head has.`);
}

async function isSum({ deps }: Check, index: ListedEntry, sum: ShardSum): Promise<boolean> {
  const bytes = await deps.storage.read(blobRef(index)).catch(() => undefined);
  return bytes !== undefined && Buffer.compare(bytes, writeShardSum(sum)) === 0;
}

/** The digests of the shards that an index lists, by package name; undefined when it cannot be read. */
async function listedShards({ deps }: Check, index: ListedEntry): Promise<Map<string, string> | undefined> {
  try {
    return decodeShardIndex(await readZstd(deps.storage, index)).shards;
  } catch {
    return undefined;
  }
}

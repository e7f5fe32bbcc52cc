import { zstdCompressSync } from 'node:zlib';
import { insertBlobs } from '@sluice/catalog';
import {
  encodeShard,
  parseFileName,
  type RepodataBucket,
  type RunExports,
  type ShardRecord,
} from '@sluice/formats/conda';
import { recordHash } from '@sluice/policy';
import { putSmallBlobs } from '@sluice/storage';
import { createTestCatalog, type TestCatalog } from '@sluice/testkit';

/** A record as a source has it, by its file name. */
export interface HandRecord {
  /** The record's very text. */
  text: string;
  v3?: boolean;
  /** JSON text. */
  runExports?: string;
}

/** What a layer has, subdir by subdir. */
export type HandSource = Record<string, Record<string, HandRecord>>;

/** A channel whose publications are written into the tables by hand: no rules, no shards reused, no order to keep. */
export interface HandMade {
  catalog: TestCatalog;
  channelId: number;
  /** Bring the layer (0 on top) to its next revision, with just these records. */
  revise(layer: number, source: HandSource): Promise<void>;
  /** Publish what passes, each file from the first layer whose record does. Subdirs of which a name changed get an index. */
  publish(passes: (subdir: string, file: string, layer: number) => boolean): Promise<number>;
}

const subdirs = ['linux-64', 'noarch'];
const buckets: RepodataBucket[] = ['packages', 'packages.conda', 'v3.conda', 'v3.tar.bz2'];

/** A channel of `layers` layers. */
export async function handMade(layers: number): Promise<HandMade> {
  const catalog = await createTestCatalog();
  const { db } = catalog;
  const channelId = await catalog.addChannel('c');
  const sources: { id: number; revision: number; records: HandSource }[] = [];
  for (let i = 0; i < layers; i++) {
    const { id } = await db
      .insertInto('source')
      .values({ type: 'conda', url: `http://upstream.test/${i}`, created_at: catalog.now() } as never)
      .returning('id')
      .executeTakeFirstOrThrow();
    sources.push({ id, revision: 0, records: {} });
  }
  let no = 0;
  const live = new Map<string, string>();

  async function revise(layer: number, next: HandSource): Promise<void> {
    const source = sources[layer]!;
    source.revision++;
    for (const subdir of subdirs) {
      const [before, after] = [source.records[subdir] ?? {}, next[subdir] ?? {}];
      for (const file of new Set([...Object.keys(before), ...Object.keys(after)])) {
        if (JSON.stringify(before[file]) === JSON.stringify(after[file])) continue;
        const place = { source_id: source.id, subdir, file };
        if (before[file]) {
          const open = db.updateTable('record').set({ to_rev: source.revision }).where('to_rev', 'is', null);
          await open.where((eb) => eb.and(place)).execute();
        }
        const record = after[file];
        if (!record) continue;
        const extra = record.runExports === undefined ? null : Buffer.from(record.runExports);
        const row = { body: Buffer.from(record.text), v3: record.v3 ?? false, extra };
        await db
          .insertInto('record')
          .values({ ...place, ...row, from_rev: source.revision, to_rev: null })
          .execute();
      }
    }
    source.records = next;
  }

  async function publish(passes: (subdir: string, file: string, layer: number) => boolean): Promise<number> {
    no++;
    catalog.clock.ms += 1000;
    const inputs = sources.map(({ id, revision }, i) => ({
      ...{ layer: `${i}`, source_id: id, revision },
    }));
    const counts = { added: 0, removed: 0, files: 0, packages: 0 };
    const row = { channel_id: channelId, no, created_at: catalog.now(), cause: 'test', inputs: JSON.stringify(inputs) };
    await db
      .insertInto('publication')
      .values({ ...row, ...counts } as never)
      .execute();
    for (const subdir of subdirs) await publishSubdir(subdir, shownOf(subdir, passes));
    await db.updateTable('channel').set({ head_no: no }).where('id', '=', channelId).execute();
    return no;
  }

  function shownOf(subdir: string, passes: (subdir: string, file: string, layer: number) => boolean) {
    const shown = new Map<string, HandRecord>();
    sources.forEach(({ records }, layer) => {
      for (const [file, record] of Object.entries(records[subdir] ?? {})) {
        if (!shown.has(file) && passes(subdir, file, layer)) shown.set(file, record);
      }
    });
    return shown;
  }

  async function publishSubdir(subdir: string, shown: ReadonlyMap<string, HandRecord>): Promise<void> {
    const names = new Map<string, [string, HandRecord][]>();
    for (const [file, record] of shown) {
      const { name } = parseFileName(file);
      names.set(name, [...(names.get(name) ?? []), [file, record]]);
    }
    let changed = false;
    for (const [key, before] of [...live].filter(([key]) => key.startsWith(`${subdir}/`))) {
      const records = names.get(key.slice(subdir.length + 1));
      if (records && contentOf(records) === before) continue;
      changed = true;
      live.delete(key);
      await close('shard', key);
    }
    for (const [name, records] of names) {
      const key = `${subdir}/${name}`;
      if (live.has(key)) continue;
      changed = true;
      live.set(key, contentOf(records));
      await insert('shard', key, shardOf(records), countsOf(records));
    }
    if (!changed) return;
    const index = `${subdir}/repodata_shards.msgpack.zst`;
    await close('index', index);
    if (names.size > 0) await insert('index', index, Buffer.from(`index of ${subdir} at ${no}`), {});
  }

  const contentOf = (records: [string, HandRecord][]) => JSON.stringify(records.toSorted());

  async function close(kind: 'shard' | 'index', key: string): Promise<void> {
    const open = db.updateTable('entry').set({ to_no: no }).where('channel_id', '=', channelId);
    await open.where('kind', '=', kind).where('key', '=', key).where('to_no', 'is', null).execute();
  }

  async function insert(kind: 'shard' | 'index', key: string, bytes: Buffer, columns: object): Promise<void> {
    const [blob] = await putSmallBlobs(catalog.storage, [bytes]);
    await insertBlobs(db, [blob!], catalog.now());
    const row = { channel_id: channelId, kind, key, from_no: no, to_no: null, blob: blob!.sha256, ...columns };
    await db
      .insertInto('entry')
      .values(row as never)
      .execute();
  }

  return { catalog, channelId, revise, publish };
}

function shardOf(records: [string, HandRecord][]): Buffer {
  const listed = records.map(([fn, { text, runExports, v3 }]): ShardRecord => {
    const run_exports = runExports === undefined ? undefined : (JSON.parse(runExports) as RunExports);
    return { bucket: bucketOf(fn, v3), fn, record: JSON.parse(text), ...(run_exports && { run_exports }) };
  });
  return zstdCompressSync(encodeShard({ records: listed, removed: [] }));
}

/** What HEAD notes of a shard, reckoned in another way. */
function countsOf(records: [string, HandRecord][]) {
  const words: bigint[] = [];
  const counts = buckets.map(() => 0);
  let bytes = 0;
  for (const [file, { text, v3, runExports }] of records) {
    const body = Buffer.from(text);
    const listed = { v3, extra: runExports === undefined ? null : Buffer.from(runExports) };
    const [a, b] = recordHash(file, body, listed);
    words.push((BigInt(b) << 32n) | BigInt(a));
    const bucket = bucketOf(file, v3);
    counts[buckets.indexOf(bucket)]!++;
    const key = v3 ? parseFileName(file).stem : file;
    bytes += `"${key}":,`.length + body.byteLength;
  }
  words.sort((a, b) => (a < b ? -1 : Number(a > b)));
  const signature = Buffer.alloc(words.length * 8);
  words.forEach((word, i) => void signature.writeBigUInt64LE(word, i * 8));
  return { signature, files: records.length, bytes, buckets: counts };
}

function bucketOf(file: string, v3 = false): RepodataBucket {
  if (file.endsWith('.conda')) return v3 ? 'v3.conda' : 'packages.conda';
  return v3 ? 'v3.tar.bz2' : 'packages';
}

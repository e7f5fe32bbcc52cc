import { createHash } from 'node:crypto';
import type { TestApp } from '@sluice/testkit/app';
import { sql } from 'kysely';
import { storedFiles } from '../catalog-state.ts';
import type { SmallMirror } from './mirrors.ts';

/** By path below the channel: status and digest of what a client gets. */
export type Shown = Readonly<Record<string, string>>;

/** Ask a server, by its address, for all indexes of a channel and for every file these list. */
export async function readAll(
  url: string,
  channel: string,
  mirror: Pick<SmallMirror, 'indexes' | 'filesOf'>,
): Promise<Shown> {
  const shown: Record<string, string> = {};
  const get = async (place: string): Promise<string> => {
    const { status, bytes } = await read(`${url}/api/repo/${channel}/${place}`);
    shown[place] = `${status} ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
    return status === 200 ? bytes.toString() : '';
  };
  const files: string[] = [];
  for (const index of mirror.indexes) {
    const text = await get(index);
    if (text !== '') files.push(...mirror.filesOf(index, text));
  }
  for (const file of files) await get(file);
  return shown;
}

/** A body that ends too early is as good as none. */
async function read(url: string): Promise<{ status: number | 'cut'; bytes: Buffer }> {
  try {
    const answer = await fetch(url, { headers: { accept: 'application/vnd.pypi.simple.v1+json, */*' } });
    const bytes = Buffer.from(await answer.arrayBuffer());
    // What an error says is of no matter here, and may name the port of the day.
    return { status: answer.status, bytes: answer.ok ? bytes : Buffer.alloc(0) };
  } catch {
    return { status: 'cut', bytes: Buffer.alloc(0) };
  }
}

/** What the catalog has of the one channel and its mirror, without numbers that count how often it was tried. */
export async function readStored(app: TestApp): Promise<object> {
  const rows = async (query: ReturnType<typeof sql>) => (await query.execute(app.db)).rows;
  const source = sql`(select source_id from mirror)`;
  return {
    records: await rows(sql`
      select subdir, file, md5(body) as body, md5(extra) as extra, v3 from record
      where source_id = ${source} and to_rev is null order by subdir, file`),
    facts: await rows(sql`
      select distinct on (subdir) subdir, unpacked_bytes from facts
      where source_id = ${source} order by subdir, revision desc`),
    local: await rows(sql`
      select r.subdir, r.file from record r
      join record_digest d using (source_id, subdir, file, from_rev) join blob b on b.sha256 = d.sha256
      where r.source_id = ${source} and r.to_rev is null order by r.subdir, r.file`),
    companions: await rows(sql`
      select r.subdir, r.file, o.kind from record r join record_companion o using (source_id, subdir, file, from_rev)
      where r.source_id = ${source} and r.to_rev is null order by r.subdir, r.file, o.kind`),
    entries: await rows(sql`
      select e.kind, e.key, encode(e.blob, 'hex') as blob from entry e
      where e.to_no is null and e.kind <> 'index' order by e.kind, e.key`),
    head: await rows(sql`
      select p.files from publication p join channel c on c.id = p.channel_id and c.head_no = p.no`),
  };
}

/** What must not be left when nothing is to be done: temporary files, open runs, jobs. */
export async function leftovers(app: TestApp): Promise<object> {
  const { rows: runs } = await sql`
    select id, state from run where state in ('pending', 'running', 'stopping') or lease_until > now()`.execute(app.db);
  const { rows: jobs } = await sql`
    select identifier, last_error from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id where run_at <= now()`.execute(app.db);
  return { temporary: [...storedFiles(app.dataDir, 'tmp').keys()], runs, jobs };
}

import { createHash } from 'node:crypto';
import type { TestApp } from '@sluice/testkit/app';
import { openDatabase, storedFiles } from '../catalog-state.ts';
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

/** By what it is. Numbers that count how often something was tried are left out. */
const stored = {
  records: `
    select subdir, file, md5(body) as body, md5(extra) as extra, v3 from record
    where source_id = (select source_id from mirror) and to_rev is null order by subdir, file`,
  facts: `
    select distinct on (subdir) subdir, unpacked_bytes from facts
    where source_id = (select source_id from mirror) order by subdir, revision desc`,
  local: `
    select r.subdir, r.file from record r
    join record_digest d using (source_id, subdir, file, from_rev) join blob b on b.sha256 = d.sha256
    where r.source_id = (select source_id from mirror) and r.to_rev is null order by r.subdir, r.file`,
  companions: `
    select r.subdir, r.file, o.kind from record r join record_companion o using (source_id, subdir, file, from_rev)
    where r.source_id = (select source_id from mirror) and r.to_rev is null order by r.subdir, r.file, o.kind`,
  entries: `
    select kind, key, encode(blob, 'hex') as blob from entry
    where to_no is null and kind <> 'index' order by kind, key`,
  head: `select p.files from publication p join channel c on c.id = p.channel_id and c.head_no = p.no`,
};

/** What the catalog has of the one channel and its mirror. */
export function readStored(app: TestApp): Promise<object> {
  return readRows(app, stored);
}

/** What must not be left when nothing is to be done: temporary files, open runs, jobs. */
export async function leftovers(app: TestApp): Promise<object> {
  const rows = await readRows(app, {
    runs: `
      select id, state from run where state in ('pending', 'running', 'stopping') or lease_until > now()`,
    jobs: `
      select identifier, last_error from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where run_at <= now()`,
  });
  return { temporary: [...storedFiles(app.dataDir, 'tmp').keys()], ...rows };
}

async function readRows(app: TestApp, queries: Readonly<Record<string, string>>): Promise<Record<string, object[]>> {
  const { query, close } = openDatabase(app.databaseUrl);
  try {
    const read = Object.entries(queries).map(async ([name, sql]) => [name, await query(sql)] as const);
    return Object.fromEntries(await Promise.all(read));
  } finally {
    await close();
  }
}

import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { corruptBlobs, localDigests, type Query, storedFiles, unfinishedJobs } from './catalog-state.ts';
import type { Sightings } from './document-watch.ts';
import type { Scene } from './scene.ts';
import { listedFiles, readDocuments, type ShownDocuments, wrongFiles } from './shown-channel.ts';
import { until } from './until.ts';

/** How often each file was asked for, and which were local, when something was killed. */
export interface Asked {
  readonly local: ReadonlySet<string>;
  readonly before: ReadonlySet<string>;
}

/** Note what was asked for until now; which of it is local says the database. */
export async function noteAsked(scene: Scene, asked: readonly string[], query: Query): Promise<Asked> {
  const digests = await localDigests(query);
  const local = [...scene.files].filter(([, digest]) => digests.has(digest)).map(([file]) => file);
  return { local: new Set(local), before: new Set(asked) };
}

/** Not a byte that was local was fetched again; what was on its way came at most twice; and everything came. */
export function expectFetchedOnce(scene: Scene, { local, before }: Asked): void {
  const traffic = scene.upstream.traffic();
  const often = [...scene.files.keys()].map((file) => ({ file, times: traffic.get(file)?.requests ?? 0 }));
  expect(often.filter(({ times }) => times === 0)).toEqual([]);
  expect(often.filter(({ file, times }) => times > 1 && local.has(file))).toEqual([]);
  expect([...local].filter((file) => traffic.get(file)!.bytes > scene.sizes.get(file)!)).toEqual([]);
  expect(often.filter(({ file, times }) => times > (before.has(file) ? 2 : 1))).toEqual([]);
}

/**
 * Until the new publication was out the old one was shown, whole and unchanged.
 *
 * @param excused failures that are no fault, such as a 503 without a database.
 */
export function expectUnbroken(
  { versions, failures }: Sightings,
  old: ShownDocuments,
  now: ShownDocuments,
  excused = /^$/,
): void {
  expect(failures.filter((failure) => !excused.test(failure))).toEqual([]);
  for (const [subdir, texts] of Object.entries(versions)) {
    const course = texts.map((text) => (text === old[subdir] ? 'old' : text === now[subdir] ? 'new' : text));
    expect([['old'], ['old', 'new'], ['new']]).toContainEqual(course);
  }
}

/** The channel shows all of the grown upstream, to the byte as if nothing had happened, and every file is here and what its record says. */
export async function expectShown(scene: Scene, url: string): Promise<ShownDocuments> {
  const documents = await readDocuments(url);
  expect(listedFiles(documents)).toEqual(scene.files);
  expect(digestOf(documents)).toBe(digestOf(scene.unbothered));
  const asked = scene.upstream.asked.length;
  expect(await wrongFiles(url, documents)).toEqual([]);
  expect(scene.upstream.asked.length).toBe(asked);
  return documents;
}

/** The same after two runs, with nothing amiss and no work left over. */
export async function expectComplete(scene: Scene, url: string, query: Query): Promise<ShownDocuments> {
  const documents = await expectShown(scene, url);
  await expectSound(scene, query);
  const runs = await query<{ state: string; failed: number }>(
    `select state, (counts->>'failed')::int as failed from run order by created_at`,
  );
  expect(runs).toEqual([
    { state: 'completed', failed: 0 },
    { state: 'completed', failed: 0 },
  ]);
  const publications = await query<{ no: number; files: number }>('select no, files from publication order by no');
  expect(publications).toMatchObject([{ no: 1 }, { no: 2, files: scene.files.size }]);
  const [completed] = await query<{ n: number }>(
    `select count(*)::int as n from event where action = 'mirror_completed'`,
  );
  expect(completed!.n).toBe(2);
  await untilIdle(query);
  return documents;
}

function digestOf(documents: ShownDocuments): string {
  const hash = createHash('sha256');
  for (const [subdir, text] of Object.entries(documents).sort()) hash.update(`${subdir}\0${text}\0`);
  return hash.digest('hex');
}

/** No job is left; one whose worker died is released after 15 s, and that is looked after every 5 s. */
export async function untilIdle(query: Query): Promise<void> {
  let jobs: readonly object[] = [];
  const isIdle = async () => {
    jobs = await unfinishedJobs(query);
    return jobs.length === 0;
  };
  await until('the queue is empty', 30_000, isIdle, 200).catch(() => expect(jobs).toEqual([]));
}

/** Every blob has the bytes its name says, and every row of one has its file. */
export async function expectSound(scene: Scene, query: Query): Promise<void> {
  expect(corruptBlobs(scene.dataDir)).toEqual([]);
  const rows = await query<{ name: string; size: number }>(
    `select left(encode(sha256, 'hex'), 2) || '/' || encode(sha256, 'hex') as name, size from blob where pack is null`,
  );
  const stored = storedFiles(scene.dataDir, 'blobs');
  expect(rows.filter(({ name, size }) => stored.get(name) !== size)).toEqual([]);
}

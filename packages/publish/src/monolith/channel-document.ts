import { findInspections, type InspectionRow } from '@sluice/catalog';
import {
  type ChanneldataFile,
  createChanneldataWriter,
  type LinkFlags,
  parseAboutJson,
  type RunExports,
} from '@sluice/formats/conda';
import type { Unpacked } from '@sluice/storage';
import { gathered } from './gathered.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import type { NewestFile } from './newest-files.ts';
import { byName, type NewestList } from './newest-list.ts';

/** Names asked about at once. */
const portion = 1000;

/**
 * Write channeldata.json: every package name of the channel, told by its newest files, one a subdir. What only the archive
 * says (summary, links, run exports) is there for files whose bytes have been here.
 *
 * @param subdirs each with its newest files.
 * @see CEP 38
 */
export async function writeChanneldata(
  { db }: Pick<MonolithDeps, 'db'>,
  subdirs: ReadonlyMap<string, NewestList>,
): Promise<Unpacked> {
  const document = gathered();
  const writer = createChanneldataWriter(document.add);
  let waiting: { name: string; files: NewestFile[] }[] = [];

  async function writeWaiting(): Promise<void> {
    const digests = waiting.flatMap(({ files }) => files.flatMap(({ sha256 }) => sha256 ?? []));
    const rows = await findInspections(
      db,
      digests.map((digest) => Buffer.from(digest, 'hex')),
    );
    const inspections = new Map(rows.map((row) => [Buffer.from(row.sha256).toString('hex'), row]));
    for (const { name, files } of waiting) {
      writer.entry(
        name,
        files.map((file) => described(file, inspections.get(file.sha256 ?? ''))),
      );
    }
    waiting = [];
    await document.settle();
  }

  for (const group of byName([...subdirs.values()])) {
    waiting.push(group);
    if (waiting.length >= portion) await writeWaiting();
  }
  await writeWaiting();
  writer.end([...subdirs.keys()]);
  return document.end();
}

function described(file: NewestFile, inspection: InspectionRow | undefined): ChanneldataFile {
  const { fn, subdir, name, version, license, timestamp } = file;
  return {
    fn,
    subdir,
    record: { name, version, license, timestamp },
    ...(inspection?.about && { about: parseAboutJson(JSON.stringify(inspection.about)) }),
    ...(inspection?.paths && { flags: inspection.paths as unknown as LinkFlags }),
    ...(inspection?.run_exports && { run_exports: inspection.run_exports as RunExports }),
  };
}

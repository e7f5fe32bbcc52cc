import { companionsOfVersions, listReservedNames, patchesInForce, readPatch, versionBlobs } from '@sluice/catalog';
import { type ListingLine, type RecordLine, writeContentsLine } from '@sluice/formats/bundle';
import type { JsonObject } from '@sluice/formats/conda';
import { mirrorInfo } from '../../verbs/mirror-view.ts';
import type { BundledChanges, BundledFile } from '../deps.ts';
import type { BundledChannel } from './definition.ts';
import { lackingBeside, wantedOf } from './fetch-files.ts';
import type { OutWork } from './work.ts';

/**
 * The listing of a bundle: all that its channels show at the publications that it holds, line by line in the order of
 * `formats/bundle`. Files whose bytes are not here are left out.
 */
export async function* listingLines(work: OutWork): AsyncGenerator<string> {
  yield* headLines(work);
  for (const channel of work.place.channels) yield* recordLines(work, channel);
}

/** Its lines before the first record. */
export async function* headLines(work: OutWork): AsyncGenerator<string> {
  const { channels, attached = [] } = work.place;
  for (const { line } of channels) yield writeContentsLine(line);
  for (const channel of channels) yield* patchLines(work, channel);
  if (channels.length > 0) {
    for (const { pattern, note } of await listReservedNames(work.deps.db)) {
      yield writeContentsLine({ kind: 'reserved', pattern, note });
    }
  }
  yield* mirrorLines(work);
  for (const file of attached) yield writeContentsLine({ kind: 'attachment', ...file });
}

async function* patchLines({ deps: { db } }: OutWork, { id, patch_rev, line }: BundledChannel) {
  if (patch_rev === 0) return;
  for (const { subdir, from_rev } of await patchesInForce(db, id, patch_rev)) {
    const instructions = await readPatch(db, { channel_id: id, subdir, from_rev });
    yield writeContentsLine({ kind: 'patch', channel: line.path, subdir, instructions });
  }
}

async function* mirrorLines({ deps, definition }: OutWork): AsyncGenerator<string> {
  const lines: (ListingLine & { kind: 'mirror' })[] = [];
  for (const id of definition.mirrors) {
    const { name, channel, type, mode, source_root, filters, keep_legacy, cron, time_zone } = await mirrorInfo(
      deps,
      id,
    );
    const own = { type, mode, source_root, filters: { ...filters }, keep_legacy, cron, time_zone };
    lines.push({ kind: 'mirror', channel: channel.path, name, definition: own as unknown as JsonObject });
  }
  const keyed = lines.map((line) => ({ key: `${line.channel}\0${line.name}`, line }));
  const sorted = keyed.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  for (const { line } of sorted) yield writeContentsLine(line);
}

/** What of a part may differ from an earlier publication. */
export interface TouchedPart {
  /** The package names whose files do. */
  names: readonly string[];
  /** Just what does, where that can be told. */
  changes: BundledChanges | undefined;
}

/** The lines of a channel's records; `touched`: only of what may differ, by part. */
export async function* recordLines(
  work: OutWork,
  channel: BundledChannel,
  touched?: ReadonlyMap<string, TouchedPart>,
): AsyncGenerator<string> {
  const { deps, report } = work;
  const { id: channelId, no, mirrors } = channel;
  if (no === 0) return;
  for (const part of await deps.publishedParts(channelId, no)) {
    const here = touched?.get(part);
    if (touched && !here) continue;
    const wish = { channelId, no, part, after: '', layers: mirrors, names: here?.names };
    const pages = here?.changes ? pagesOf(here.changes.fresh) : deps.listedVersions(wish);
    for await (const lines of oneAhead(pages, (files) => linesOfFiles(work, channel, part, files))) {
      for (const line of lines) {
        report.files++;
        report.bytes += line.bytes;
        yield writeContentsLine(line);
      }
      await work.tick();
    }
  }
}

const page = 1000;

async function* pagesOf(files: readonly BundledFile[]): AsyncGenerator<BundledFile[]> {
  for (let at = 0; at < files.length; at += page) yield files.slice(at, at + page);
}

/** Works on one item while those who ask take the one before. */
async function* oneAhead<Item, Result>(
  items: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  let before: Promise<Result> | undefined;
  for await (const item of items) {
    const now = work(item);
    // A failure is met when its turn comes.
    now.catch(() => {});
    if (before) yield await before;
    before = now;
  }
  if (before) yield await before;
}

async function linesOfFiles(
  { deps: { db }, place: { fetched } }: OutWork,
  { line: { path } }: BundledChannel,
  part: string,
  files: readonly BundledFile[],
): Promise<RecordLine[]> {
  const wanted = wantedOf(files);
  const [blobs, beside] = await Promise.all([versionBlobs(db, part, wanted), companionsOfVersions(db, part, wanted)]);
  if (!fetched && (blobs.includes(undefined) || lackingBeside(part, files, beside).length > 0)) throw new LacksFiles();
  const companions = files.map((): RecordLine['companions'] => []);
  for (const { index, kind, sha256, size } of beside) {
    companions[index]!.push({ kind, sha256: sha256.toString('hex'), bytes: size });
  }
  return files.flatMap(({ file, body, v3, extra, signatures }, i) => {
    const blob = blobs[i];
    if (!blob) return [];
    return {
      kind: 'record',
      ...{ channel: path, part, file, v3 },
      body: text(body),
      extra: extra && text(extra),
      signatures: signatures && text(signatures),
      sha256: blob.sha256.toString('hex'),
      bytes: blob.size,
      companions: companions[i]!,
    };
  });
}

/** Thrown when files are not here and nobody has tried to fetch them yet. */
export class LacksFiles extends Error {
  override readonly name = 'LacksFiles';
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Records are texts; one that is not would come out as another one over there, so it ends the work. */
function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

import { companionsOfVersions, type VersionWanted, versionBlobs } from '@sluice/catalog';
import { parseSha256, sha256ToBytes } from '@sluice/formats/digest';
import { packageTypeOf, pythonPart } from '@sluice/formats/package';
import { rememberedError } from '../../error-code.ts';
import { MirrorError } from '../../errors.ts';
import type { BundledFile } from '../deps.ts';
import type { BundledChannel } from './definition.ts';
import type { OutWork } from './work.ts';

/** Files fetched at once. */
const concurrency = 8;
const mostNamed = 100;

/** What an upstream says for good: such a file is left out, and named. Everything else ends the work, which can be resumed. */
const lasting = new Set([
  'upstream_missing',
  'upstream_malformed',
  'digest_mismatch',
  'size_mismatch',
  'archive_refused',
  'mirror_missing',
]);

/** Bring in what the channels show and what is not here yet; a piece ends after some thousand files. */
export async function fetchFiles(work: OutWork): Promise<'fetch' | 'list'> {
  const { deps, place, report } = work;
  const from = place.at;
  for (const [index, channel] of place.channels.entries()) {
    if (channel.no === 0 || (from && index < from.channel)) continue;
    const { id: channelId, no, mirrors } = channel;
    for (const part of await deps.publishedParts(channelId, no)) {
      const isHere = from?.channel === index;
      if (isHere && part < from.part) continue;
      const after = isHere && part === from.part ? from.after : '';
      for await (const files of deps.listedVersions({ channelId, no, part, after, layers: mirrors })) {
        await bringIn(work, channel, part, files);
        const last = files.at(-1);
        if (last) place.at = { channel: index, part, after: last.file };
        report.files_total += files.length;
        await work.tick();
        if (work.isLate()) return 'fetch';
      }
    }
  }
  delete place.at;
  place.fetched = true;
  return 'list';
}

/** The digests of versions, as their records give them. */
export function wantedOf(files: readonly BundledFile[]): VersionWanted[] {
  return files.map(({ source_id, file, from_rev, expected: { sha256 } }) => ({
    ...{ source_id, file, from_rev },
    sha256: sha256 === undefined ? undefined : sha256ToBytes(parseSha256(sha256)),
  }));
}

async function bringIn(work: OutWork, channel: BundledChannel, part: string, files: BundledFile[]): Promise<void> {
  const { deps } = work;
  const wanted = wantedOf(files);
  const blobs = await versionBlobs(deps.db, part, wanted);
  await eachOf(
    files.filter((_, i) => blobs[i] === undefined),
    (file) => fetchOne(work, channel, part, file),
  );
  if (packageTypeOf(part) !== 'python') return;
  const beside = await companionsOfVersions(deps.db, part, wanted);
  await eachOf(lackingBeside(part, files, beside), async ({ file, kind }) => {
    const { source_id, file: key, from_rev, expected } = file;
    const asked = { part: { source_id, subdir: pythonPart }, file: key, from_rev, expected, blob: undefined };
    await unlessLasting(work, channel, `${key}.${kind}`, () => deps.companions.find(asked, kind));
  });
}

async function fetchOne(work: OutWork, channel: BundledChannel, part: string, file: BundledFile): Promise<void> {
  const { source_id, from_rev, expected } = file;
  await unlessLasting(work, channel, file.file, async () => {
    const wanted = { part: { source_id, subdir: part }, file: file.file, from_rev, expected };
    const fetched = await work.deps.fetcher.fetch(wanted);
    if (fetched.kind === 'local') return;
    const { size } = await fetched.done;
    work.report.fetched++;
    work.report.fetched_bytes += size;
  });
  await work.tick();
}

async function unlessLasting(
  { report }: OutWork,
  channel: BundledChannel,
  file: string,
  fetch: () => Promise<unknown>,
): Promise<void> {
  try {
    await fetch();
  } catch (error) {
    if (!(error instanceof MirrorError) || error.transient || !lasting.has(error.code)) throw error;
    const { code, text } = rememberedError(error);
    report.missing++;
    if (report.missing_files.length < mostNamed) {
      report.missing_files.push({ channel: channel.line.path, file, code, message: text });
    }
  }
}

/** What of Python should stand beside files, and is not here. */
export function lackingBeside(
  part: string,
  files: readonly BundledFile[],
  beside: readonly { index: number; kind: string }[],
): { file: BundledFile; kind: 'metadata' | 'provenance' }[] {
  if (packageTypeOf(part) !== 'python') return [];
  const known = new Set(beside.map(({ index, kind }) => `${index} ${kind}`));
  return files.flatMap((file, i) =>
    kindsOf(file).flatMap((kind) => (known.has(`${i} ${kind}`) ? [] : [{ file, kind }])),
  );
}

/** What may stand beside a file of Python, by its name and what its page says. */
function kindsOf({ file, body }: BundledFile): ('metadata' | 'provenance')[] {
  const isAttested = Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes('"provenance"');
  return [...(file.endsWith('.whl') ? (['metadata'] as const) : []), ...(isAttested ? (['provenance'] as const) : [])];
}

/** Some at once; the first failure ends it when those under way have ended. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const one = async () => {
    while (next < items.length && !failure) {
      const item = items[next++]!;
      await work(item).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, one));
  if (failure) throw failure.error;
}

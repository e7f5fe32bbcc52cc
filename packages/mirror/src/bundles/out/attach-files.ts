import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { saveBundleBlobs } from '@sluice/catalog';
import { attachmentMember, compareLineKeys, isAttachmentName } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { admitBlob } from '@sluice/registry';
import { mostPackageBytes } from '../../fetch-file/receive-package.ts';
import { redact } from '../../redact.ts';
import { invalid } from './definition.ts';
import type { OutWork } from './work.ts';

/** First stage: bring in the files that are carried as they are, so that they do not change any more. */
export async function attachFiles(work: OutWork): Promise<'list'> {
  const { deps, definition, place, row } = work;
  const attached = new Map((place.attached ?? []).map((file) => [file.name, file]));
  for (const source of definition.attachments) {
    const name = attachmentName(source);
    if (attached.has(name)) continue;
    const note = { member: attachmentMember(name), part: null, position: null };
    const blob = await admitBlob(
      deps,
      counted(work, await opened(work, source)),
      (trx, { sha256 }) => saveBundleBlobs(trx, row.id, [{ blob: sha256, ...note }]),
      { maxBytes: mostPackageBytes },
    );
    attached.set(name, { name, sha256: bytesToHex(blob.sha256), bytes: blob.size });
    place.attached = [...attached.values()].sort((a, b) => compareLineKeys(a.name, b.name));
    await work.save();
  }
  return 'list';
}

/**
 * What an attachment is called over there: the last part of its path.
 *
 * @throws {MirrorError} `bundle_invalid`.
 */
function attachmentName(source: string): string {
  const path = /^https?:/.test(source) ? pathOfUrl(source) : pathOf(source);
  const name = basename(path);
  if (isAttachmentName(name)) return name;
  throw invalid(
    `${redact(source)} cannot be attached: its name must begin with a letter or digit, and have only letters, digits, blanks and . _ + -.`,
    name,
  );
}

/** @throws {MirrorError} `bundle_invalid` for two files that would have one name over there. */
export function checkAttachments(sources: readonly string[]): void {
  const names = sources.map(attachmentName);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw invalid(`Two attachments are called ${twice}: rename one.`, twice);
}

function pathOfUrl(source: string): string {
  try {
    return decodeURIComponent(new URL(source).pathname);
  } catch {
    throw invalid(`${redact(source)} is no URL that can be read.`, redact(source));
  }
}

function pathOf(source: string): string {
  const path = source.startsWith('file:') ? fileURLToPath(source) : source;
  if (isAbsolute(path)) return path;
  throw invalid(`${redact(source)} is neither an absolute path nor a URL.`, redact(source));
}

async function opened({ deps, signal }: OutWork, source: string): Promise<AsyncIterable<Uint8Array>> {
  if (/^https?:/.test(source)) return (await deps.http.open({ url: source, signal })).body;
  const path = await deps.guard.path(pathOf(source));
  if (!(await stat(path)).isFile()) throw invalid(`${path} is no file.`, path);
  return createReadStream(path, { highWaterMark: 1 << 20 });
}

async function* counted(work: OutWork, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    work.report.fetched_bytes += chunk.length;
    await work.tick();
    yield chunk;
  }
}

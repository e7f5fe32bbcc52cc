import type { BlobRow, CompanionKind } from '@sluice/catalog';
import type { ServedFile } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import { ServerError } from '../../../errors.ts';
import type { Answer } from '../answer.ts';
import { PACKAGE_CACHE_CONTROL } from '../cache-control.ts';
import { fileRefusal } from '../file-refusal.ts';
import { type Place, placeName } from '../place.ts';
import type { SendFileDeps, WantedFile } from '../send-file.ts';

/** What answering with a file beside a package works with. */
export interface CompanionDeps extends Pick<SendFileDeps, 'judge'> {
  /** What stands beside a served file: what is stored, else from the upstream or out of the file itself; undefined for nothing. */
  companion: (served: ServedFile, kind: CompanionKind) => Promise<BlobRow | undefined>;
}

const contentTypes: Record<CompanionKind, string> = {
  metadata: 'text/plain; charset=utf-8',
  provenance: 'application/vnd.pypi.integrity.v1+json',
};

/**
 * Answer with a wheel's METADATA or a file's attestations. Who may not have the file may not have these.
 *
 * @throws {ServerError} as the file itself; `file_missing` when there is none.
 * @see PEP 658, PEP 740
 */
export async function companionAnswer(
  deps: CompanionDeps,
  place: Place,
  { part, file, shown }: WantedFile,
  kind: CompanionKind,
): Promise<Answer> {
  const { channel, at, vary } = place;
  const found = await deps.judge(channel.id, at?.no, part, file);
  if (found.status !== 'served') throw fileRefusal(placeName(place), shown, found);
  const blob = await deps.companion(found, kind);
  if (!blob) throw new ServerError('file_missing', `There is no ${kind} of ${shown} in channel ${placeName(place)}.`);
  return {
    etag: `"${blobRef(blob).sha256}"`,
    contentType: contentTypes[kind],
    cacheControl: PACKAGE_CACHE_CONTROL,
    vary,
    body: { kind: 'blob', blob, small: true },
  };
}

import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { findPublicationTime, firstListed } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import type { SimplePage } from '@sluice/formats/pypi';
import { pageUntil, parseRef } from '@sluice/publish';
import { blobRef } from '@sluice/storage';
import type { Rooms } from '../../../compose.ts';
import type { Place } from '../place.ts';
import type { AskDeps } from './ask-first.ts';
import type { ProjectDeps } from './project-answer.ts';

/** What the past of a project is derived with, where no publication has it. */
export interface DerivedDeps {
  /**
   * The page a project would have had at a place of the past, by when its files were uploaded: for projects that nobody had asked
   * for by then. Undefined for what was there by then, also if it was taken away again, and for what there still is not.
   */
  derivedPage: (place: Place, project: string) => Promise<SimplePage | undefined>;
}

/** What clients are told of such an answer: name and value. */
export const derivedHeaders = ['X-Sluice-Derived', 'upload-time'] as const;

const unpack = promisify(zstdDecompress);

/** See {@link DerivedDeps}. */
export function derivePast(
  { db, storage }: Pick<Rooms, 'db' | 'storage'>,
  { bringUp, entry }: Pick<AskDeps, 'bringUp'> & Pick<ProjectDeps, 'entry'>,
): DerivedDeps['derivedPage'] {
  return async ({ channel, at }, project) => {
    if (!at) return undefined;
    const key = `${pythonPart}/${project}`;
    const first = await firstListed(db, channel.id, 'shard', key);
    if (first !== undefined && first <= at.no) return undefined;
    const ref = parseRef(at.ref);
    const until = ref.kind === 'before' ? ref.instant : (await findPublicationTime(db, channel.id, at.no))?.created_at;
    if (!until) return undefined;
    await bringUp(channel.id, project);
    const found = await entry(channel.id, undefined, key);
    return found && pageUntil(await unpack(await storage.read(blobRef(found))), until);
  };
}

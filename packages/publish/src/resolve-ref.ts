import {
  type Db,
  findPublicationBefore,
  findPublicationByPin,
  findPublicationTime,
  nearestPublications,
} from '@sluice/catalog';
import { PublishError } from './errors.ts';
import { parseRef, type Ref } from './ref.ts';

/** A kept publication of a channel. */
export interface ResolvedRef {
  no: number;
  created_at: Date;
}

/**
 * Which kept publication a ref means: the one entrance for the doors, the API and whoever else reads the past.
 *
 * For an instant it is the newest that is kept and was made by then. An instant that has not come yet means the head for now.
 *
 * @param ref as {@link parseRef} reads it.
 * @throws {PublishError} `ref_malformed`; `pin_missing`; `publication_missing` when there never was one, when it was not kept,
 *   or when the instant lies before the first: the message names the nearest that can be had.
 */
export async function resolveRef(db: Db, channelId: number, ref: string): Promise<ResolvedRef> {
  const parsed = parseRef(ref);
  return (await find(db, channelId, parsed)) ?? (await refuse(db, channelId, ref, parsed));
}

function find(db: Db, channelId: number, ref: Ref): Promise<ResolvedRef | undefined> {
  switch (ref.kind) {
    case 'head':
      return findPublicationTime(db, channelId, 'head');
    case 'number':
      return findPublicationTime(db, channelId, ref.no);
    case 'before':
      return findPublicationBefore(db, channelId, ref.instant);
    case 'pin':
      return findPublicationByPin(db, channelId, ref.name);
  }
}

async function refuse(db: Db, channelId: number, text: string, ref: Ref): Promise<never> {
  if (ref.kind === 'pin') {
    throw new PublishError('pin_missing', `No publication of this channel is pinned as ${ref.name}.`, { found: text });
  }
  const near = await nearestPublications(db, channelId, ref.kind === 'number' ? ref.no : 0);
  const names = near.map(({ no, created_at }) => `${no} (${created_at.toISOString()})`).join(' and ');
  if (near.length === 0) {
    throw new PublishError('publication_missing', 'Nothing was published in this channel yet.', { found: text });
  }
  const [what, kept] =
    ref.kind === 'number'
      ? [`Publication ${ref.no} is not kept or never was.`, `The nearest: ${names}.`]
      : [`Nothing that is kept was published by ${text}.`, `The first: ${names}.`];
  throw new PublishError('publication_missing', `${what} ${kept}`, { wanted: names, found: text });
}

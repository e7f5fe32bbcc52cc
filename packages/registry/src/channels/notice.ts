import {
  type ChannelRow,
  type Db,
  deleteNotice as deleteNoticeRow,
  findNotice,
  insertNotice,
  lockChannel,
  type NoticeRow,
  notifyChanged,
  recordEvent,
  updateNotice,
} from '@sluice/catalog';
import { checkNotice } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { channelMissing, RegistryError } from '../errors.ts';
import type { Actor, ChannelDeps } from './deps.ts';

/** What a notice says and until when clients are shown it. One that is not published is a draft. */
export interface NoticeWish {
  message: string;
  level: NoticeRow['level'];
  published: boolean;
  /** Null: shown until it is withdrawn. */
  expires_at: Date | null;
}

type Place = Pick<ChannelRow, 'id' | 'path'>;

/**
 * Add a notice to a channel: conda and its kin show each published one to their users once.
 *
 * @throws {RegistryError} `notice_invalid`, `channel_missing`.
 * @see product.md CH-14, CEP 6
 */
export async function createNotice(
  deps: ChannelDeps & { newId: () => string },
  channel: Place,
  wish: NoticeWish,
  actor: Actor,
): Promise<NoticeRow> {
  const now = deps.now();
  const notice = { ...wish, id: deps.newId(), channel_id: channel.id, created_at: now };
  check(notice);
  return deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'stay'))) throw channelMissing(channel.path);
    const row = await insertNotice(trx, notice);
    await settle(trx, { channel, notice: row, deed: 'created', actor, now });
    return row;
  });
}

/**
 * Change, publish or withdraw a notice. Its id stays: who has seen it is not shown it again.
 *
 * @throws {RegistryError} `notice_missing`, `notice_invalid`.
 */
export async function editNotice(
  deps: ChannelDeps,
  channel: Place,
  id: string,
  edit: { [K in keyof NoticeWish]?: NoticeWish[K] | undefined },
  actor: Actor,
): Promise<NoticeRow> {
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    const before = await lockNotice(trx, channel, id);
    const change = Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined));
    if (Object.keys(change).length === 0) return before;
    check({ ...before, ...change });
    const notice = await updateNotice(trx, id, change);
    await settle(trx, { channel, notice, deed: 'updated', actor, now });
    return notice;
  });
}

/** Remove a notice. @throws {RegistryError} `notice_missing`. */
export async function deleteNotice(deps: ChannelDeps, channel: Place, id: string, actor: Actor): Promise<void> {
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    const notice = await lockNotice(trx, channel, id);
    await deleteNoticeRow(trx, id);
    await settle(trx, { channel, notice, deed: 'deleted', actor, now });
  });
}

async function lockNotice(db: Db, channel: Place, id: string): Promise<NoticeRow> {
  const notice = await findNotice(db, { channel_id: channel.id, id }, 'for-update');
  if (notice) return notice;
  throw new RegistryError(
    'notice_missing',
    `Channel ${channel.path} has no notice ${id}; list them to see which it has.`,
    {
      found: id,
    },
  );
}

function check({ id, message, level, created_at, expires_at }: NoticeRow): void {
  try {
    const createdAt = created_at.getTime();
    checkNotice({ id, message, level, createdAt, expiresAt: expires_at?.getTime() ?? createdAt + 1 });
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const { wanted, found } = error;
    throw new RegistryError('notice_invalid', error.message, { wanted, found, cause: error });
  }
}

async function settle(
  db: Db,
  what: { channel: Place; notice: NoticeRow; deed: 'created' | 'updated' | 'deleted'; actor: Actor; now: Date },
): Promise<void> {
  const { id, level, published, message } = what.notice;
  await recordEvent(db, {
    at: what.now,
    actor: what.actor.name,
    action: 'channel_updated',
    channel: what.channel.path,
    subject: `notice ${id}`,
    data: { notice: what.deed, level, published, message },
  });
  await notifyChanged(db, 'channel', what.channel.id);
}

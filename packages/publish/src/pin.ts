import {
  type ChannelRow,
  type Db,
  deletePin,
  findPin,
  lockChannel,
  notifyChanged,
  type PinRow,
  recordEvent,
  setPin,
} from '@sluice/catalog';
import { PublishError } from './errors.ts';
import { checkPinName } from './ref.ts';
import { resolveRef } from './resolve-ref.ts';

/** What the verbs on publications work with. The clock is handed in. */
export interface PublicationDeps {
  db: Db;
  now: () => Date;
}

/** A pin as it is now. `moved_from`: the publication that had its name until now, where that was another one. */
export interface PlacedPin extends PinRow {
  moved_from?: number;
}

type Place = Pick<ChannelRow, 'id' | 'path'>;

/**
 * Give a publication a name. It is kept for as long as it has one. A pin of that name moves; where it points there already,
 * nothing happens.
 *
 * @param ref of the publication, as `resolveRef` reads it.
 * @throws {PublishError} `pin_name`, `channel_missing`, and what `resolveRef` throws.
 */
export async function pinPublication(
  deps: PublicationDeps,
  channel: Place,
  { name, ref }: { name: string; ref: string },
  actor: { name: string },
): Promise<PlacedPin> {
  checkPinName(name);
  return deps.db.transaction().execute(async (trx) => {
    // Who removes publications that nothing pins holds this lock, too.
    if (!(await lockChannel(trx, channel.id, 'change'))) throw channelMissing(channel.path);
    const { no } = await resolveRef(trx, channel.id, ref);
    const before = await findPin(trx, channel.id, name);
    if (before?.no === no) return before;
    const moved = before ? { moved_from: before.no } : {};
    const pin: PinRow = { name, no, created_at: deps.now(), created_by: actor.name };
    await setPin(trx, channel.id, pin);
    await notifyChanged(trx, 'channel', channel.id);
    await recordEvent(trx, {
      at: pin.created_at,
      actor: actor.name,
      action: 'publication_pinned',
      channel: channel.path,
      subject: name,
      data: { publication: no, ...moved },
    });
    return { ...pin, ...moved };
  });
}

/**
 * Take the name from a publication. From then on it is kept for as long as the others are.
 *
 * @throws {PublishError} `pin_missing`, `channel_missing`.
 */
export async function unpinPublication(
  deps: PublicationDeps,
  channel: Place,
  name: string,
  actor: { name: string },
): Promise<PinRow> {
  return deps.db.transaction().execute(async (trx) => {
    if (!(await lockChannel(trx, channel.id, 'change'))) throw channelMissing(channel.path);
    const pin = await deletePin(trx, channel.id, name);
    if (!pin) {
      throw new PublishError('pin_missing', `No publication of ${channel.path} is pinned as ${name}.`, { found: name });
    }
    await notifyChanged(trx, 'channel', channel.id);
    await recordEvent(trx, {
      at: deps.now(),
      actor: actor.name,
      action: 'publication_unpinned',
      channel: channel.path,
      subject: name,
      data: { publication: pin.no },
    });
    return pin;
  });
}

/** The refusal of a deed in a channel that is not there (any more). */
export function channelMissing(path: string): PublishError {
  return new PublishError('channel_missing', `There is no channel ${path}; it may just have been deleted.`, {
    found: path,
  });
}

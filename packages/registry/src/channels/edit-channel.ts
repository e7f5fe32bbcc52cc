import { isDeepStrictEqual } from 'node:util';
import {
  type ChannelChange,
  type ChannelRow,
  type Db,
  enqueuePublication,
  lockChannel,
  lockStacks,
  notifyChanged,
  type Privacy,
  recordEvent,
  updateChannel,
} from '@sluice/catalog';
import type { PackageType, RetentionDays } from '@sluice/policy';
import { channelMissing } from '../errors.ts';
import { checkChannelFilters, type FilterWish } from './channel-filters.ts';
import type { Actor, ChannelDeps } from './deps.ts';
import { followPrivacy } from './leave-stacks.ts';
import type { MayStand } from './set-layers.ts';

/** A wish to change a channel; what is left out stays. Filters are replaced as a whole. */
export interface ChannelEdit {
  description?: string | undefined;
  privacy?: Privacy | undefined;
  types?: readonly PackageType[] | undefined;
  filters?: FilterWish | undefined;
  /** A frozen channel's head does not move: uploads and mirrors go on unseen until it is unfrozen. */
  frozen?: boolean | undefined;
  /** How long it keeps its publications, where that differs from the installation's setting; null for that. */
  retention?: Partial<RetentionDays> | null | undefined;
}

type Changed = { [K in keyof ChannelChange]: { from: unknown; to: unknown } };

/**
 * Change a channel. Downloads are judged by the new settings as soon as this returns; the index follows by a job, when
 * filters or types changed or the channel was unfrozen.
 *
 * @param mayStand asked about every channel below when more people are to read it.
 * @throws {RegistryError} `channel_missing`, `channel_filters`; what `mayStand` throws.
 * @see product.md CH-04, CH-08, CH-09
 */
export async function editChannel(
  deps: ChannelDeps,
  channel: Pick<ChannelRow, 'id' | 'path'>,
  edit: ChannelEdit,
  actor: Actor,
  mayStand: MayStand = () => {},
): Promise<ChannelRow> {
  const wish: ChannelChange = {
    ...(edit.description === undefined ? {} : { description: edit.description }),
    ...(edit.privacy === undefined ? {} : { privacy: edit.privacy }),
    ...(edit.types === undefined ? {} : { types: [...new Set(edit.types)] }),
    ...(edit.frozen === undefined ? {} : { frozen: edit.frozen }),
    ...(edit.retention === undefined ? {} : { retention: edit.retention }),
  };
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    if (wish.privacy !== undefined) await lockStacks(trx);
    const before = await lockChannel(trx, channel.id, 'change');
    if (!before) throw channelMissing(channel.path);
    if (edit.filters !== undefined || edit.types !== undefined) {
      const types = (wish.types ?? before.types) as PackageType[];
      const filters = checkChannelFilters(edit.filters ?? before.filters, types);
      if (edit.filters !== undefined) wish.filters = filters;
    }
    const changed = difference(before, wish);
    if (Object.keys(changed).length === 0) return before;
    const after = await updateChannel(trx, before.id, wish, now);
    if ('privacy' in changed) await followPrivacy(trx, before, after, mayStand, actor, now);
    await recordEdit(trx, { changed, path: before.path, actor, now });
    await notifyChanged(trx, 'channel', before.id);
    if (!after.frozen && ('filters' in changed || 'types' in changed || 'frozen' in changed)) {
      const text = 'frozen' in changed ? 'unfrozen' : 'filters' in changed ? 'filters edited' : 'types edited';
      await enqueuePublication(trx, before.id, [{ text, actor: actor.name }]);
    }
    return after;
  });
}

function difference(before: ChannelRow, wish: ChannelChange): Changed {
  const keys = Object.keys(wish) as (keyof ChannelChange)[];
  return Object.fromEntries(
    keys
      .filter((key) => !isDeepStrictEqual(before[key], wish[key]))
      .map((key) => [key, { from: before[key], to: wish[key] }]),
  );
}

/** Unfreezing has an event of its own; whatever else changed at the same time is another one. */
async function recordEdit(
  db: Db,
  { changed, path, actor, now }: { changed: Changed; path: string; actor: Actor; now: Date },
): Promise<void> {
  const event = { at: now, actor: actor.name, channel: path, subject: path };
  const { frozen, ...others } = changed;
  const updated = frozen?.to === true ? changed : others;
  if (Object.keys(updated).length > 0)
    await recordEvent(db, { ...event, action: 'channel_updated', data: { changed: updated } });
  if (frozen?.to === false) await recordEvent(db, { ...event, action: 'channel_unfrozen' });
}

import {
  type Db,
  deleteReservedName,
  enqueuePublication,
  insertReservedName,
  mirroringChannels,
  notifyChanged,
  type ReservedNameRow,
  recordEvent,
} from '@sluice/catalog';
import { reservedPatternFault } from '@sluice/policy';
import type { Actor, ChannelDeps } from './channels/deps.ts';
import { RegistryError } from './errors.ts';

/**
 * Reserve a name or a pattern of names for packages of the house: no mirror brings them in from now on. Downloads are judged
 * by it as soon as this returns; the indexes of all channels with mirrors follow by jobs.
 *
 * @throws {RegistryError} `reserved_name_invalid`, `reserved_name_exists`.
 */
export async function reserveName(
  deps: ChannelDeps,
  { pattern, note }: Pick<ReservedNameRow, 'pattern' | 'note'>,
  actor: Actor,
): Promise<ReservedNameRow> {
  const fault = reservedPatternFault(pattern);
  if (fault) throw new RegistryError('reserved_name_invalid', fault, { wanted: 'such as acme-*', found: pattern });
  const now = deps.now();
  return deps.db.transaction().execute(async (trx) => {
    const row = await insertReservedName(trx, { pattern, note, created_at: now, created_by: actor.name });
    if (!row) throw new RegistryError('reserved_name_exists', `${pattern} is reserved already.`, { found: pattern });
    const data = note === '' ? {} : { note };
    await recordEvent(trx, { at: now, actor: actor.name, action: 'reserved_name_added', subject: pattern, data });
    await follow(trx, `${pattern} reserved`, actor);
    return row;
  });
}

/** Free a pattern: mirrors may bring these names in again. @throws {RegistryError} `reserved_name_missing`. */
export async function freeName(deps: ChannelDeps, pattern: string, actor: Actor): Promise<void> {
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    if (!(await deleteReservedName(trx, pattern))) {
      throw new RegistryError('reserved_name_missing', `${pattern} is not reserved.`, { found: pattern });
    }
    await recordEvent(trx, { at: now, actor: actor.name, action: 'reserved_name_removed', subject: pattern });
    await follow(trx, `${pattern} no longer reserved`, actor);
  });
}

async function follow(trx: Db, text: string, actor: Actor): Promise<void> {
  await notifyChanged(trx, 'reserved-names', 'all');
  for (const id of await mirroringChannels(trx)) await enqueuePublication(trx, id, [{ text, actor: actor.name }]);
}

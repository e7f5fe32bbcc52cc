import {
  findOrCreateSource,
  insertMirror,
  lockChannel,
  notifyChanged,
  recordEvent,
  type SourceKey,
} from '@sluice/catalog';
import type { Actor } from '@sluice/registry';
import { caKey } from '../definition/read-ca.ts';
import { type MirrorInput, readDefinition } from '../definition/read-definition.ts';
import { nextRunAfter } from '../definition/schedule.ts';
import type { MirrorDeps } from '../deps.ts';
import { MirrorError } from '../errors.ts';
import { startRun } from '../run/start-run.ts';
import { type SourceAddress, shownAddress } from '../source-address.ts';
import { checkReach } from './check-reach.ts';

/** Who makes or changes a mirror. Only administrators may call a source a house of our own. */
export type MirrorActor = Pick<Actor, 'name'> & { isAdministrator?: boolean };

/** What the verbs work with: no connection to an upstream, but the guard before it. */
export type VerbDeps = Pick<MirrorDeps, 'db' | 'now' | 'newId' | 'guard' | 'sealer'>;

/**
 * Make a mirror, the last layer of its channel. With `run_now` its first run is queued with it; otherwise it runs when its
 * schedule says.
 *
 * @returns its id.
 * @throws {MirrorError} `definition_invalid`, `source_refused`, `channel_missing`, `mirror_name_taken`, `internal_forbidden`.
 * @see product.md MI-01, MI-02
 */
export async function createMirror(
  deps: VerbDeps,
  wish: { channelId: number; input: MirrorInput; run_now?: boolean },
  actor: MirrorActor,
): Promise<string> {
  const now = deps.now();
  const { name, type, address, ...defined } = readDefinition(wish.input, now);
  if (defined.internal) mustBeAdministrator(actor);
  await checkReach(deps.guard, address);
  const id = deps.newId();
  await deps.db.transaction().execute(async (trx) => {
    const channel = await lockChannel(trx, wish.channelId, 'stay');
    if (!channel) throw new MirrorError('channel_missing', 'The channel is not there any more; create it first.');
    const source = await findOrCreateSource(trx, sourceKey(deps, type, address), now);
    const next_run_at = nextRunAfter(defined.cron, defined.time_zone, now);
    const mirror = { id, channel_id: channel.id, name, source_id: source.id, ...defined, next_run_at };
    const made = await insertMirror(trx, mirror, now);
    if (!made) throw nameTaken(name);
    await recordEvent(trx, {
      at: now,
      actor: actor.name,
      action: 'mirror_created',
      channel: channel.path,
      subject: name,
      data: {
        mirror_id: id,
        source_root: shownAddress(address, address.secret).url,
        ...defined,
      },
    });
    await notifyChanged(trx, 'mirror', id);
    if (wish.run_now) await startRun(trx, deps, { mirrorId: id, cause: 'create', actor: actor.name });
  });
  return id;
}

/** What makes a source the one it is, with its secrets sealed. */
export function sourceKey(deps: Pick<MirrorDeps, 'sealer'>, type: string, address: SourceAddress): SourceKey {
  const { url, proxy, ca, secret } = address;
  return { type, url, proxy, ca, ca_key: caKey(ca), ...deps.sealer.seal(secret) };
}

/** The error of a name that another mirror of the channel has. */
export function nameTaken(name: string): MirrorError {
  return new MirrorError(
    'mirror_name_taken',
    `The channel has a mirror ${JSON.stringify(name)} already. Choose another name.`,
    { found: name },
  );
}

/** Reserved names are for the whole installation, so whoever lifts them for a mirror answers for that. */
export function mustBeAdministrator({ isAdministrator }: MirrorActor): void {
  if (isAdministrator) return;
  throw new MirrorError(
    'internal_forbidden',
    'An internal mirror may bring in reserved names: only administrators make one, or change its source.',
    { wanted: 'the role admin' },
  );
}

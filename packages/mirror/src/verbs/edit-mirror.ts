import {
  type Db,
  enqueuePublication,
  findMirror,
  findMirrorByName,
  findOrCreateSource,
  isOpenRun,
  type MirrorRow,
  newestRuns,
  notifyChanged,
  recordEvent,
  updateMirror,
} from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import type { Actor } from '@sluice/registry';
import { type MirrorDefinition, type MirrorInput, readDefinition } from '../definition/read-definition.ts';
import { nextRunAfter } from '../definition/schedule.ts';
import { MirrorError } from '../errors.ts';
import { settleNow } from '../keep/keep-vanished.ts';
import { startOnlyRun } from '../run/start-run.ts';
import { hidden, keepSecrets, type SourceAddress, shownAddress } from '../source-address.ts';
import { addressOf } from '../upstream-of.ts';
import { checkReach } from './check-reach.ts';
import { type MirrorActor, mustBeAdministrator, nameTaken, sourceKey, type VerbDeps } from './create-mirror.ts';

/**
 * Fields to change; what is left out, also inside `filters` and `limits`, stays. A filter is cleared by null or an empty list, a
 * limit by null.
 */
export type MirrorEdit = Partial<MirrorInput>;

/**
 * Change a mirror. New filters hold at once: downloads are judged by them, and a publication is queued. A new source is
 * shown when a run of it completes. A URL with `***` where the stored one has a secret means the stored secret.
 *
 * @throws {MirrorError} `mirror_missing`, `definition_invalid`, `source_refused`, `mode_fixed`, `mirror_name_taken`, `internal_forbidden`;
 *   `run_open` for `run_now` or a new source while a run is open. Nothing is changed then.
 * @see product.md MI-09
 */
export async function editMirror(
  deps: VerbDeps,
  id: string,
  edit: MirrorEdit & { run_now?: boolean },
  actor: MirrorActor,
): Promise<void> {
  const { run_now, ...fields } = edit;
  const now = deps.now();
  await deps.db.transaction().execute(async (trx) => {
    const before = await findMirror(trx, id, 'for-update');
    if (!before) throw mirrorMissing(id);
    if (fields.mirror_mode !== undefined && fields.mirror_mode !== null && fields.mirror_mode !== before.mode)
      throw modeFixed(before);
    if (fields.mirror_type !== undefined && fields.mirror_type !== null && fields.mirror_type !== before.source_type)
      throw typeFixed(before);
    const stored = addressOf(deps, before);
    const after = keepDependencies(before, readDefinition(mergedInput(before, stored, fields), now));
    const address = keepSecrets(after.address, stored);
    const changed = changedFields(before, stored, after, address);
    const goesElsewhere = ['source_root', 'credentials', 'proxy', 'ca'].some((field) => changed.includes(field));
    if (after.internal && (goesElsewhere || changed.includes('internal'))) mustBeAdministrator(actor);
    if (goesElsewhere) await checkReach(deps.guard, address);
    if (changed.length > 0) await write(trx, { deps, before, after, address, changed, actor, now });
    if (run_now) await startOnlyRun(trx, deps, { mirrorId: id, cause: 'edit', actor: actor.name });
  });
}

interface Change {
  deps: VerbDeps;
  before: MirrorRow;
  after: MirrorDefinition;
  address: SourceAddress;
  changed: string[];
  actor: Pick<Actor, 'name'>;
  now: Date;
}

async function write(trx: Db, { deps, before, after, address, changed, actor, now }: Change): Promise<void> {
  const other = changed.includes('mirror_name')
    ? await findMirrorByName(trx, before.channel_id, after.name)
    : undefined;
  if (other) throw nameTaken(after.name);
  const source = await findOrCreateSource(trx, sourceKey(deps, after.type, address), now);
  if (source.id !== before.source_id && isOpenRun((await newestRuns(trx, [before.id])).get(before.id))) {
    throw new MirrorError('run_open', 'The source cannot be changed while a run is open. Stop the run first.', {
      wanted: 'no open run',
      found: 'an open run',
    });
  }
  const { type: _, mode: __, address: ___, ...columns } = after;
  const { name, cron, time_zone } = columns;
  await updateMirror(
    trx,
    before.id,
    {
      ...columns,
      next_source_id: source.id === before.shown_source_id ? null : source.id,
      ...(changed.includes('cron') || changed.includes('time_zone')
        ? { next_run_at: nextRunAfter(cron, time_zone, now) }
        : {}),
    },
    now,
  );
  await recordEvent(trx, {
    at: now,
    actor: actor.name,
    action: 'mirror_updated',
    channel: before.channel_path,
    subject: name,
    data: { mirror_id: before.id, changed },
  });
  await notifyChanged(trx, 'mirror', before.id);
  await settleNow(deps, trx, before.id, { cause: 'vanish', actor: actor.name });
  if (
    before.at_rev > 0 &&
    ['filters', 'keep_legacy', 'internal', 'keep_removed', 'grace_days'].some((field) => changed.includes(field))
  ) {
    await enqueuePublication(trx, before.channel_id, [{ text: `mirror ${name} edited`, actor: actor.name }]);
  }
}

/** A mirror's definition with changes laid over it, as input that is still to be checked. */
export function mergedInput(before: MirrorRow, stored: SourceAddress, fields: MirrorEdit): MirrorInput {
  const shown = shownAddress(stored, stored.secret);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const filters: unknown = given.filters ?? {};
  const { limits = {} } = given;
  return {
    mirror_name: before.name,
    source_root: shown.url,
    cron: before.cron,
    time_zone: before.time_zone,
    keep_legacy: before.keep_legacy,
    internal: before.internal,
    proxy: shown.proxy,
    ca: stored.ca,
    keep_removed: before.keep_removed,
    grace_days: given.keep_removed === false ? null : before.grace_days,
    ...keptToken(stored, given.source_root),
    ...given,
    mirror_mode: before.mode,
    mirror_type: before.source_type,
    filters: isObject(filters) ? { ...writtenFilters(before.filters), ...filters } : filters,
    limits: isObject(limits) ? { ...before.limits, ...limits } : limits,
  };
}

/** The token that is sent beside the URL stays unless the new URL has user and password of its own. */
function keptToken({ secret }: SourceAddress, url: unknown): Pick<MirrorInput, 'credentials'> {
  const hasOwn = typeof url === 'string' && URL.canParse(url) && new URL(url).username !== '';
  return secret.bearer === undefined || hasOwn ? {} : { credentials: { token: hidden } };
}

/** The filters that people write: what runs found out is not among them. */
function writtenFilters({ dependencies: _, ...written }: MirrorFilters): MirrorFilters {
  return written;
}

/** What the last run found to come along stays until the next one. */
function keepDependencies({ filters: { dependencies } }: MirrorRow, after: MirrorDefinition): MirrorDefinition {
  if (!dependencies || !after.filters.include_dependencies) return after;
  return { ...after, filters: { ...after.filters, dependencies } };
}

/** Wire names of what differs. */
function changedFields(
  before: MirrorRow,
  stored: SourceAddress,
  after: MirrorDefinition,
  address: SourceAddress,
): string[] {
  const key = ({ url, secret }: SourceAddress) => JSON.stringify([url, secret.userInfo, secret.token]);
  const proxy = ({ proxy, secret }: SourceAddress) => JSON.stringify([proxy, secret.proxyUserInfo]);
  const pairs: [string, unknown, unknown][] = [
    ['mirror_name', before.name, after.name],
    ['source_root', key(stored), key(address)],
    ['credentials', stored.secret.bearer, address.secret.bearer],
    ['proxy', proxy(stored), proxy(address)],
    ['ca', stored.ca, address.ca],
    ['cron', before.cron, after.cron],
    ['time_zone', before.time_zone, after.time_zone],
    ['keep_legacy', before.keep_legacy, after.keep_legacy],
    ['internal', before.internal, after.internal],
    ['filters', inOrder(before.filters), inOrder(after.filters)],
    ['limits', inOrder(before.limits), inOrder(after.limits)],
    ['keep_removed', before.keep_removed, after.keep_removed],
    ['grace_days', before.grace_days, after.grace_days],
  ];
  return pairs.filter(([, was, is]) => was !== is).map(([field]) => field);
}

function inOrder(filters: object): string {
  return JSON.stringify(Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error of a mirror that is not there. */
export function mirrorMissing(id: string): MirrorError {
  return new MirrorError('mirror_missing', `There is no mirror ${id}.`, { found: id });
}

function typeFixed(before: MirrorRow): MirrorError {
  return new MirrorError(
    'mode_fixed',
    `The type of a mirror cannot be changed; this one is ${before.source_type}. Make another mirror.`,
    { wanted: before.source_type, found: 'another type' },
  );
}

function modeFixed(before: MirrorRow): MirrorError {
  return new MirrorError(
    'mode_fixed',
    `The mode of a mirror cannot be changed; this one is ${before.mode}. Make another mirror.`,
    {
      wanted: before.mode,
      found: 'another mode',
    },
  );
}

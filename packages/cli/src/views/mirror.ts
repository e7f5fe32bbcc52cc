import type { Schemas } from '@sluice/api-client';
import { mirrorChannel } from '../find-mirror.ts';
import { bytes, count, duration, instant } from './amounts.ts';
import { type Cell, fields } from './table.ts';
import type { View } from './view.ts';

type Mirror = Schemas['Mirror'];
type Counts = Schemas['SyncState']['count'];

/** Everything about a mirror. */
export function mirrorView(mirror: Mirror, view: View): string {
  const definition = fields(
    [
      ['mirror', mirror.name],
      ['channel', mirrorChannel(mirror)],
      ['id', mirror.id],
      ['source', mirror.source_root],
      ...(mirror.authentication === null ? [] : [['asked with', authentications[mirror.authentication]] as const]),
      ...mirror.ca_certificates.map((one) => ['trusts', certificateText(one)] as const),
      ['mode', mirror.mode],
      ['type', mirror.type],
      ...filterPairs(mirror.filters),
      ['legacy', mirror.keep_legacy ? 'kept' : 'left out where there is a .conda'],
      ...(mirror.internal ? [['internal', 'may bring in reserved names'] as const] : []),
      ...(mirror.proxy === null ? [] : [['proxy', mirror.proxy] as const]),
      ...limitPairs(mirror.limits),
      ['vanished files', keptText(mirror)],
      ['schedule', `${mirror.frequency === null ? '' : `${mirror.frequency}: `}${mirror.cron} (${mirror.time_zone})`],
      ['next run', instant(mirror.next_run_at)],
      ['last run', instant(mirror.last_run_at)],
    ],
    view,
  );
  const warnings = (mirror.warnings ?? []).map(({ message }) => ['mind', message] as const);
  const mind = warnings.length === 0 ? '' : `\n\n${fields(warnings, view)}`;
  return `${definition}\n\n${fields(statePairs(mirror), view)}${mind}`;
}

const authentications = {
  basic: 'user and password',
  bearer: 'a token (Bearer)',
  path_token: 'a token in its path',
} as const satisfies Record<NonNullable<Mirror['authentication']>, string>;

function certificateText({ subject, fingerprint, expires_at }: Mirror['ca_certificates'][number]): string {
  return `${subject} (until ${expires_at.slice(0, 10)}) ${fingerprint}`;
}

function limitPairs({ concurrency, bytes_per_second }: Mirror['limits']): (readonly [string, Cell])[] {
  return [
    ...(concurrency === undefined ? [] : [['at once', count(concurrency, 'file')] as const]),
    ...(bytes_per_second === undefined ? [] : [['at most', `${bytes(bytes_per_second)}/s`] as const]),
  ];
}

function keptText({ keep_removed, grace_days }: Mirror): string {
  if (!keep_removed) return 'are removed';
  return grace_days === null ? 'are kept for ever' : `are kept for ${count(grace_days, 'day')}`;
}

/** How the newest run of a mirror stands. */
export function mirrorStateView(mirror: Mirror, view: View): string {
  return fields([['mirror', mirror.name], ['channel', mirrorChannel(mirror)], ...statePairs(mirror)], view);
}

/** Counts as pairs: the files that were seen, what became of them, and what took out the filtered ones. */
export function countPairs(count: Counts): (readonly [string, Cell])[] {
  const filtered = [...byReason(count.mirror_filtered, 'mirror'), ...byReason(count.channel_filtered, 'channel')];
  return [
    ['files', count.total],
    ['kept', `${count.active + count.passive} (${count.active} active, ${count.passive} passive)`],
    ['filtered', filtered.reduce((sum, [, n]) => sum + n, 0)],
    ...filtered.map(([reason, n]) => [`  ${reason}`, n] as const),
    ['failed', count.failed],
    ['removed', count.removed],
  ];
}

/** `completed`, `running 40%`, `never ran` */
export function stateText({ state, sync_state }: Pick<Mirror, 'state' | 'sync_state'>): string {
  if (state === null) return 'never ran';
  return state === 'running' ? `running ${sync_state.current_step_percentage}%` : state;
}

function statePairs(mirror: Mirror): (readonly [string, Cell])[] {
  const { state, sync_state: sync, progress, failed_request, what_next } = mirror;
  const goesOn = state === 'running' || state === 'stopping';
  const step = `${sync.current_step_number} of ${sync.total_steps_count}: ${sync.current_step_description}`;
  return [
    ['state', stateText({ state, sync_state: sync })],
    ...(goesOn ? [['step', step] as const] : []),
    ...(goesOn && progress.bytes_total > 0 ? [['fetched', fetchedText(progress)] as const] : []),
    ...(sync.last_exception === null ? [] : [['error', sync.last_exception] as const]),
    ...(failed_request === null ? [] : [['request', requestText(failed_request)] as const]),
    ...(what_next === null ? [] : [['next', what_next] as const]),
    ...(state === null ? [] : countPairs(sync.count)),
  ];
}

/** `1.2 GB of 4.0 GB, 12.3 MB/s, 4 min left` */
function fetchedText({ bytes_done, bytes_total, bytes_per_second, seconds_left }: Mirror['progress']): string {
  const left = seconds_left === null ? '' : `, ${duration(seconds_left)} left`;
  return `${bytes(bytes_done)} of ${bytes(bytes_total)}, ${bytes(bytes_per_second)}/s${left}`;
}

/** `https://…/a.conda: status 500, sent 12 times, last 2026-11-21 03:12Z` */
function requestText(failed: NonNullable<Mirror['failed_request']>): string {
  const { url, status, error, attempts, last_attempt_at } = failed;
  const what = status === null || status === 200 ? error : `status ${status}`;
  return `${url}: ${what}, sent ${count(attempts, 'time')}, last ${instant(last_attempt_at)}`;
}

function byReason(counts: Record<string, number>, scope: string): [string, number][] {
  return Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([reason, n]) => [`${reason} (${scope})`, n]);
}

function filterPairs(filters: Record<string, unknown>): (readonly [string, Cell])[] {
  return Object.entries(filters).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
}

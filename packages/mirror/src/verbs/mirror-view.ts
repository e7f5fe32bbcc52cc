import {
  findMirror,
  findMirrors,
  listMirrors as listRows,
  type MirrorLimits,
  type MirrorList,
  type MirrorMode,
  type MirrorRow,
  newestRuns,
  type Privacy,
  type RunRow,
  type RunState,
  mirrorRuns as runRows,
} from '@sluice/catalog';
import type { MirrorFilters } from '@sluice/policy';
import { type CertificateInfo, certificatesIn } from '../definition/read-ca.ts';
import { type Authentication, authenticationOf } from '../definition/read-credentials.ts';
import { type Frequency, frequencyOf } from '../definition/schedule.ts';
import type { MirrorDeps } from '../deps.ts';
import { type RunProgressInfo, runProgress, whatNext } from '../run/run-progress.ts';
import { type SyncState, syncState } from '../run/sync-state.ts';
import type { FailedRequest } from '../run/traffic.ts';
import { shownAddress } from '../source-address.ts';
import { addressOf } from '../upstream-of.ts';
import { mirrorMissing } from './edit-mirror.ts';

/** A mirror as people and clients see it. No secrets: `***` stands for them. */
export interface MirrorInfo {
  id: string;
  name: string;
  type: string;
  mode: MirrorMode;
  source_root: string;
  proxy: string | null;
  /** How it is asked; null for as anybody may. What with is never shown. */
  authentication: Authentication | null;
  /** Those of its own that its server is checked against. */
  ca_certificates: CertificateInfo[];
  filters: MirrorFilters;
  keep_legacy: boolean;
  internal: boolean;
  limits: MirrorLimits;
  keep_removed: boolean;
  grace_days: number | null;
  cron: string;
  /** The name of the schedule, if it has one. */
  frequency: Frequency | null;
  time_zone: string;
  next_run_at: Date | null;
  /** When its newest run began, whatever became of it. */
  last_run_at: Date | null;
  /** Of the newest run; null before the first. */
  state: RunState | null;
  sync_state: SyncState;
  progress: RunProgressInfo;
  /** The request to its upstream that its newest run failed at; null where it did not fail, or not at one. */
  failed_request: FailedRequest | null;
  /** After a run that did not complete: what comes next, for people. */
  what_next: string | null;
  created_at: Date;
  updated_at: Date;
  channel: { id: number; path: string; privacy: Privacy };
}

/** One run in a mirror's history. */
export interface RunInfo {
  id: string;
  state: RunState;
  cause: string;
  actor: string | null;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  error_code: string | null;
  failed_request: FailedRequest | null;
  /** What else there is to say of it: changes, dependencies, conflicts. */
  report: Record<string, unknown>;
  sync_state: SyncState;
  progress: RunProgressInfo;
}

type ViewDeps = Pick<MirrorDeps, 'db' | 'sealer'>;

/** One mirror. @throws {MirrorError} `mirror_missing`. */
export async function mirrorInfo(deps: ViewDeps, id: string): Promise<MirrorInfo> {
  const row = await findMirror(deps.db, id);
  if (!row) throw mirrorMissing(id);
  return info(deps, row, (await newestRuns(deps.db, [id])).get(id));
}

/** Mirrors by their ids; those that are gone are left out. */
export async function mirrorInfos(deps: ViewDeps, ids: readonly string[]): Promise<MirrorInfo[]> {
  const [rows, runs] = await Promise.all([findMirrors(deps.db, ids), newestRuns(deps.db, ids)]);
  return rows.map((row) => info(deps, row, runs.get(row.id)));
}

/** One page of mirrors, of some channels or of all. @see product.md MI-12 */
export async function listMirrors(
  deps: ViewDeps,
  list: MirrorList,
): Promise<{ items: MirrorInfo[]; total_count: number }> {
  const { rows, total_count } = await listRows(deps.db, list);
  const runs = await newestRuns(
    deps.db,
    rows.map((row) => row.id),
  );
  return { items: rows.map((row) => info(deps, row, runs.get(row.id))), total_count };
}

/** The runs of a mirror, newest first. */
export async function listRuns(
  deps: ViewDeps,
  mirrorId: string,
  page: { limit: number; offset: number },
): Promise<{ items: RunInfo[]; total_count: number }> {
  const { rows, total_count } = await runRows(deps.db, mirrorId, page);
  return { items: rows.map(runInfo), total_count };
}

function runInfo(run: RunRow): RunInfo {
  const { id, state, cause, actor, created_at, started_at, finished_at, error_code } = run;
  return {
    id,
    state,
    cause,
    actor,
    created_at,
    started_at,
    finished_at,
    error_code,
    failed_request: run.failed_request as FailedRequest | null,
    report: run.report,
    sync_state: syncState(run),
    progress: runProgress(run),
  };
}

function info(deps: ViewDeps, row: MirrorRow, run: RunRow | undefined): MirrorInfo {
  const shown = shownSource(deps, row);
  return {
    id: row.id,
    name: row.name,
    type: row.source_type,
    mode: row.mode,
    source_root: shown.url,
    proxy: shown.proxy,
    authentication: shown.authentication,
    ca_certificates: certificatesIn(row.source_ca),
    filters: row.filters,
    keep_legacy: row.keep_legacy,
    internal: row.internal,
    limits: row.limits,
    keep_removed: row.keep_removed,
    grace_days: row.grace_days,
    cron: row.cron,
    frequency: frequencyOf(row.cron),
    time_zone: row.time_zone,
    next_run_at: row.next_run_at,
    last_run_at: run?.started_at ?? run?.created_at ?? null,
    state: run?.state ?? null,
    sync_state: syncState(run),
    progress: runProgress(run),
    failed_request: (run?.failed_request ?? null) as FailedRequest | null,
    what_next: whatNext(run, row.next_run_at),
    created_at: row.created_at,
    updated_at: row.updated_at,
    channel: { id: row.channel_id, path: row.channel_path, privacy: row.channel_privacy },
  };
}

/** A list must not break over one mirror whose secrets were sealed with another key. */
function shownSource(
  deps: ViewDeps,
  row: MirrorRow,
): { url: string; proxy: string | null; authentication: Authentication | null } {
  try {
    const address = addressOf(deps, row);
    return { ...shownAddress(address, address.secret), authentication: authenticationOf(address.secret) };
  } catch {
    return { url: row.source_url, proxy: row.source_proxy, authentication: null };
  }
}

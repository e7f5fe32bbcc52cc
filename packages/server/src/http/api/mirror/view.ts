import type { MirrorInfo, RunInfo } from '@sluice/mirror';
import type { z } from 'zod';
import type { MirrorView, RunView } from './schema.ts';

/** A mirror under both sets of names that the vendor's clients read. */
export function mirrorView(info: MirrorInfo): z.output<typeof MirrorView> {
  const { id, name, type, mode, state } = info;
  const [channel = '', subchannel] = info.channel.path.split('/');
  return {
    id,
    name,
    type,
    mode,
    mirror_id: id,
    mirror_name: name,
    mirror_type: type,
    mirror_mode: mode,
    state,
    mirror_state: state,
    source_root: info.source_root,
    proxy: info.proxy,
    authentication: info.authentication,
    ca_certificates: info.ca_certificates.map((one) => ({ ...one, expires_at: one.expires_at.toISOString() })),
    filters: { ...info.filters },
    keep_legacy: info.keep_legacy,
    internal: info.internal,
    limits: info.limits,
    keep_removed: info.keep_removed,
    grace_days: info.grace_days,
    cron: info.cron,
    frequency: info.frequency,
    time_zone: info.time_zone,
    next_run_at: instant(info.next_run_at),
    last_run_at: instant(info.last_run_at),
    created_at: info.created_at.toISOString(),
    updated_at: info.updated_at.toISOString(),
    sync_state: info.sync_state,
    progress: info.progress,
    failed_request: info.failed_request,
    what_next: info.what_next,
    channel: { name: channel, privacy: info.channel.privacy },
    ...(subchannel === undefined ? {} : { subchannel: { name: subchannel } }),
  };
}

/** One run of a mirror's history. */
export function runView(run: RunInfo): z.output<typeof RunView> {
  return {
    ...run,
    created_at: run.created_at.toISOString(),
    started_at: instant(run.started_at),
    finished_at: instant(run.finished_at),
  };
}

function instant(date: Date | null): string | null {
  return date === null ? null : date.toISOString();
}

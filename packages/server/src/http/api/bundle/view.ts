import type { BundlePartRow, BundleRow, BundleScheduleRow } from '@sluice/catalog';
import { partFileName } from '@sluice/formats/bundle';
import { bytesToHex } from '@sluice/formats/digest';
import { inWork, outWork } from '@sluice/mirror';
import type { z } from 'zod';
import type { BundleScheduleView, BundleView, BundleWithParts } from './schema.ts';

/** A bundle as the API tells of it. */
export function bundleView(row: BundleRow): z.output<typeof BundleView> {
  const { place, report } = outWork(row);
  const { missing_files, ...counts } = report;
  const isOut = row.direction === 'out';
  return {
    ...{ id: row.id, direction: row.direction, series: row.series, serial: row.serial, base: row.base_serial },
    ...{ issuer: row.issuer, state: row.state, stage: place.stage ?? (isOut ? '' : inWork(row).place.stage) },
    channels: channelsOf(row),
    report: isOut ? { ...counts } : { ...inWork(row).report },
    missing_files,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error_text ?? '' },
    actor: row.actor,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
  };
}

function channelsOf(row: BundleRow): z.output<typeof BundleView>['channels'] {
  if (row.direction === 'in') {
    return (inWork(row).place.channels ?? []).map(({ path }) => ({ channel: path, publication: null }));
  }
  return (outWork(row).place.channels ?? []).map(({ line, no }) => ({ channel: line.path, publication: no }));
}

/** The same with its parts. */
export function bundleWithPartsView(row: BundleRow, parts: readonly BundlePartRow[]): z.output<typeof BundleWithParts> {
  const { series, serial, base_serial: base } = row;
  return {
    ...bundleView(row),
    parts: parts.map(({ part, bytes, sha256, state, place }) => ({
      part,
      name: partFileName({ series, serial, base, part }),
      bytes,
      sha256: sha256 && bytesToHex(sha256),
      state,
      place,
    })),
  };
}

/** A schedule as the API tells of it. */
export function scheduleView(row: BundleScheduleRow): z.output<typeof BundleScheduleView> {
  const { id, name, definition, cron, time_zone, last_bundle_id, created_by } = row;
  return {
    ...{ id, name, definition, cron, time_zone, last_bundle_id, created_by },
    next_run_at: row.next_run_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}

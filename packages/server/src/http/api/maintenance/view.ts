import type { MaintenanceRow } from '@sluice/catalog';
import type { z } from 'zod';
import type { MaintenanceView } from './schema.ts';

/** A collection or a check as the API tells of it. */
export function maintenanceView(row: MaintenanceRow): z.output<typeof MaintenanceView> {
  const { stage = '', done = 0, stages = 0 } = row.place as { stage?: string; done?: number; stages?: number };
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    actor: row.actor,
    stage,
    percent: stages === 0 ? 0 : Math.round((100 * done) / stages),
    error: row.error_text,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    finished_at: row.finished_at?.toISOString() ?? null,
    collect: row.kind === 'collect' ? row.report : null,
    check: row.kind === 'check' ? row.report : null,
  };
}

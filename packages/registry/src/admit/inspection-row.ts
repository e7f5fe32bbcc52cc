import type { CondaInspection } from '@sluice/archives';
import type { InspectionRow } from '@sluice/catalog';

/** What is kept of an inspection beside the record: for channeldata, run_exports and the package page. */
export function inspectionRow(sha256: Uint8Array, inspection: CondaInspection): InspectionRow {
  return {
    sha256,
    about: (inspection.about as Record<string, unknown> | undefined) ?? null,
    run_exports: (inspection.runExports as Record<string, unknown> | undefined) ?? null,
    paths: { ...inspection.paths },
  };
}

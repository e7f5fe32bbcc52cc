import type { CondaInspection, PathsSummary } from '@sluice/archives';
import type { InspectionRow } from '@sluice/catalog';
import type { LinkFlags } from '@sluice/formats/conda';

/** What is kept of an inspection beside the record: for channeldata, run_exports and the package page. */
export function inspectionRow(sha256: Uint8Array, inspection: CondaInspection): InspectionRow {
  return {
    sha256,
    about: inspection.about ?? null,
    run_exports: inspection.runExports ?? null,
    paths: inspection.paths ? { ...linkFlags(inspection.paths) } : null,
  };
}

function linkFlags(paths: PathsSummary): LinkFlags {
  return {
    'activate.d': paths.activateD,
    binary_prefix: paths.hasPrefixBinary,
    'deactivate.d': paths.deactivateD,
    post_link: paths.postLink,
    pre_link: paths.preLink,
    pre_unlink: paths.preUnlink,
    text_prefix: paths.hasPrefixText,
  };
}

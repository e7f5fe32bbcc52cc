import { ArchiveError, inspectConda, inspectSdist, inspectWheel } from '@sluice/archives';
import type { CompanionKind, InspectionRow } from '@sluice/catalog';
import { type IndexJson, parseFileName, parseIndexJson } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { fileNameOf, type PackageType, packageNameOf, packageTypeOf } from '@sluice/formats/package';
import type { AdmitDeps } from './deps.ts';
import { inspectionRow } from './inspection-row.ts';

/** What a mirrored file's archive says: what is remembered of it, and what stands beside it. */
export interface MirroredInspection {
  inspection?: InspectionRow;
  companions?: readonly { kind: CompanionKind; bytes: Uint8Array }[];
}

type Inspect = (
  deps: Pick<AdmitDeps, 'limits'>,
  path: string,
  file: string,
  sha256: Uint8Array,
) => Promise<MirroredInspection>;

const inspectors: Record<PackageType, Inspect> = {
  conda: mirroredConda,
  python: mirroredPython,
  // Nothing but R itself reads it, and its digest is that of its index.
  r: async () => ({}),
  file: async () => ({}),
};

/**
 * Open a file of an upstream within bounds. It must be what its name says; how carefully it was made is its maker's affair, since
 * installers take it as it is.
 *
 * @throws {ArchiveError | FormatError} why it is refused.
 */
export function inspectMirrored(
  deps: Pick<AdmitDeps, 'limits'>,
  subdir: string,
  ...file: [path: string, file: string, sha256: Uint8Array]
): Promise<MirroredInspection> {
  return inspectors[packageTypeOf(subdir)](deps, ...file);
}

async function mirroredConda(...[deps, path, file, sha256]: Parameters<Inspect>): Promise<MirroredInspection> {
  const inspection = await inspectConda(path, file, { limits: deps.limits ?? {} });
  const mismatch = nameMismatch(file, parseIndexJson(inspection.texts.get('info/index.json') ?? ''));
  if (mismatch) throw new FormatError('conda_file_name', mismatch);
  return { inspection: inspectionRow(sha256, inspection) };
}

function nameMismatch(file: string, index: IndexJson): string | undefined {
  const said = parseFileName(file);
  for (const key of ['name', 'version', 'build'] as const) {
    const own = index[key];
    if (own.toLowerCase() !== said[key].toLowerCase()) {
      return `The archive says ${key} ${own}, its file name says ${said[key]}.`;
    }
  }
  return undefined;
}

async function mirroredPython(...[deps, path, key]: Parameters<Inspect>): Promise<MirroredInspection> {
  const fileName = fileNameOf('python', key);
  const limits = deps.limits ?? {};
  if (fileName.endsWith('.whl')) {
    const { metadataBytes } = await inspectWheel(path, fileName, { limits, level: 'info', record: 'ignore' });
    return { companions: [{ kind: 'metadata', bytes: metadataBytes }] };
  }
  try {
    await inspectSdist(path, fileName, { limits, project: packageNameOf('python', key) });
  } catch (error) {
    // Old ones have no PKG-INFO, or a careless one; what is built from them says what they are.
    if (!(error instanceof ArchiveError) || !error.code.startsWith('metadata_')) throw error;
  }
  return {};
}

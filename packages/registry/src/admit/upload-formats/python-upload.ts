import { ArchiveError, type PythonMetadata } from '@sluice/archives';
import { sha256ToBytes } from '@sluice/formats/digest';
import { pythonPart } from '@sluice/formats/package';
import {
  comparePythonVersions,
  normaliseProjectName,
  type PythonFileName,
  readPythonFileName,
  readSimpleFile,
  writeSimpleFile,
} from '@sluice/formats/pypi';
import type { Received } from '@sluice/storage';
import { RegistryError } from '../../errors.ts';
import type { Upload } from '../upload.ts';
import { archiveRefused, type InspectedUpload, type UploadFormat } from './upload-format.ts';

/** What is written down of an uploaded wheel or source distribution. @see PEP 691, PEP 700 */
export function pythonUpload(
  { fileName, provenance }: Upload,
  received: Received,
  file: PythonFileName,
  { metadata, metadataBytes, metadataSha256 }: PythonMetadata,
): InspectedUpload {
  const isWheel = file.kind === 'wheel';
  const { requiresPython } = metadata;
  return {
    part: pythonPart,
    file: `${file.name}/${fileName}`,
    name: file.name,
    version: file.version.text,
    build: isWheel ? file.tagText : 'sdist',
    record: (listedAt) => ({
      body: new TextEncoder().encode(
        writeSimpleFile({
          filename: fileName,
          url: '',
          hashes: { sha256: received.sha256 },
          size: received.size,
          uploadTime: new Date(listedAt).toISOString(),
          yanked: false,
          coreMetadata: isWheel && { sha256: metadataSha256 },
          ...(requiresPython !== undefined && { requiresPython }),
          ...(provenance !== undefined && { provenance: `${fileName}.provenance` }),
        }),
      ),
    }),
    extra: new TextEncoder().encode(JSON.stringify(asideOf(metadata))),
    inspection: {
      sha256: sha256ToBytes(received.sha256),
      about: aboutOf(metadata),
      run_exports: null,
      paths: null,
    },
    companions: [
      { kind: 'metadata', bytes: metadataBytes },
      ...(provenance === undefined ? [] : [{ kind: 'provenance', bytes: provenance } as const]),
    ],
    isRival: (other) => isSameInstall(file, readPythonFileName(other.slice(file.name.length + 1), file.name)),
  };
}

/**
 * Whether two files are one to installers: of a release there is one source distribution, and one wheel of the same build and tags,
 * however their names are spelled. Which of two would be taken nobody could say.
 */
function isSameInstall(one: PythonFileName, other: PythonFileName | undefined): boolean {
  if (other === undefined || comparePythonVersions(one.version, other.version) !== 0) return false;
  if (one.kind !== 'wheel' || other.kind !== 'wheel') return one.kind === other.kind;
  const place = ({ build, tags }: typeof one) => JSON.stringify([build, tags]);
  return place(one) === place(other);
}

/** What rules need of the metadata, as it stands beside the record. */
function asideOf({ license, licenseExpression, classifiers, requiresDist, providesExtra }: PythonMetadata['metadata']) {
  return {
    ...(license !== undefined && { license }),
    ...(licenseExpression !== undefined && { license_expression: licenseExpression }),
    ...(classifiers.length > 0 && { classifiers }),
    ...(requiresDist.length > 0 && { requires_dist: requiresDist }),
    ...(providesExtra.length > 0 && { provides_extra: providesExtra }),
  };
}

/** What people read of the package: all but its description, which stands in the metadata itself. */
function aboutOf({ description: _, ...about }: PythonMetadata['metadata']): Record<string, unknown> {
  return { ...about };
}

/** What a record of Python says of its own bytes. */
export const viewPython: UploadFormat['view'] = (body) => {
  const { hashes, uploadTime } = readSimpleFile(body);
  const listedAt = Date.parse(uploadTime ?? '');
  return { sha256: hashes.sha256, ...(Number.isNaN(listedAt) ? {} : { listedAt }) };
};

/** The project that a form names, normalised, for file names that could be read in two ways. */
export function projectOf({ project }: Upload): { project?: string } {
  return project === undefined ? {} : { project: normaliseProjectName(project) };
}

/** An archive's refusal as one of ours. */
export function pythonRefused(fileName: string, error: Error): RegistryError {
  if (!(error instanceof ArchiveError) || error.code !== 'metadata_mismatch') return archiveRefused(fileName, error);
  const { wanted, found } = error;
  return new RegistryError('metadata_mismatch', `${fileName}: ${error.message}`, { wanted, found, cause: error });
}

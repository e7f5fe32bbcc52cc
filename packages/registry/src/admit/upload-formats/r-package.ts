import { ArchiveError, type CranInspection, inspectCran } from '@sluice/archives';
import { packagesParagraph, parseDcf, parseRFileName, writeDcf } from '@sluice/formats/cran';
import { sha256ToBytes } from '@sluice/formats/digest';
import { FormatError } from '@sluice/formats/errors';
import { cranPart } from '@sluice/formats/package';
import { RegistryError } from '../../errors.ts';
import { treeOfUpload } from './r-tree.ts';
import { archiveRefused, translated, type UploadFormat } from './upload-format.ts';

/** Packages of R: sources, and binaries for Windows, macOS and Linux. @see Writing R Extensions, "Package structure" */
export const rUpload: UploadFormat = {
  type: 'r',
  filetypes: ['r', 'cran'],
  matches: (fileName) => isRFileName(fileName),
  async inspect(deps, { fileName, receiving, subdir }, received) {
    translated('file_name', () => parseRFileName(fileName));
    const inspection = await inspectCran(receiving.path, fileName, { limits: deps.limits ?? {} }).catch((error) => {
      throw refusal(fileName, error);
    });
    const { description, kind, hasSources } = inspection;
    const paragraph = packagesParagraph(description, { md5: received.md5, hasSources });
    return {
      part: cranPart(treeOfUpload(fileName, inspection, subdir).path),
      file: fileName,
      name: description.name,
      version: description.version,
      build: kind,
      record: (listedAt) => ({
        body: new TextEncoder().encode(writeDcf([...paragraph, ['Published', new Date(listedAt).toISOString()]])),
      }),
      extra: new TextEncoder().encode(JSON.stringify({ size: received.size })),
      inspection: {
        sha256: sha256ToBytes(received.sha256),
        about: aboutOf(inspection),
        run_exports: null,
        paths: null,
      },
    };
  },
  view(body) {
    const listedAt = Date.parse(parseDcf(body).get('Published') ?? '');
    return Number.isNaN(listedAt) ? {} : { listedAt };
  },
};

function isRFileName(fileName: string): boolean {
  try {
    parseRFileName(fileName);
    return true;
  } catch {
    return false;
  }
}

/** What people read of the package: its whole DESCRIPTION. */
function aboutOf({ description }: CranInspection): Record<string, unknown> {
  return Object.fromEntries(description.fields);
}

function refusal(fileName: string, error: Error): RegistryError {
  const isSaid = error instanceof FormatError || (error instanceof ArchiveError && error.code === 'metadata_mismatch');
  if (!isSaid) return archiveRefused(fileName, error);
  const { wanted, found } = error;
  return new RegistryError('metadata_mismatch', `${fileName}: ${error.message}`, { wanted, found, cause: error });
}

import { inspectConda } from '@sluice/archives';
import {
  type IndexJson,
  needsV3,
  parseFileName,
  parseIndexJson,
  readRecord,
  recordFromIndexJson,
  viewRecord,
  writeJson,
} from '@sluice/formats/conda';
import { sha256ToBytes } from '@sluice/formats/digest';
import type { Received } from '@sluice/storage';
import { RegistryError } from '../../errors.ts';
import { refuseFuture } from '../index-time.ts';
import { inspectionRow } from '../inspection-row.ts';
import { runExportsOfPackage } from '../run-exports-text.ts';
import type { Upload } from '../upload.ts';
import { archiveRefused, translated, type UploadFormat } from './upload-format.ts';

/** `.conda` and `.tar.bz2`. */
export const condaUpload: UploadFormat = {
  type: 'conda',
  filetypes: ['conda1'],
  matches: (fileName) => fileName.endsWith('.conda') || fileName.endsWith('.tar.bz2'),
  async inspect(deps, upload, received) {
    const { fileName } = upload;
    translated('file_name', () => parseFileName(fileName));
    const inspection = await inspectConda(upload.receiving.path, fileName, { limits: deps.limits ?? {} }).catch(
      (error) => {
        throw archiveRefused(fileName, error);
      },
    );
    const record = translated('metadata_mismatch', () =>
      recordOf(upload, received, parseIndexJson(inspection.texts.get('info/index.json') ?? ''), deps.now()),
    );
    const { name, version, build, subdir } = viewRecord(record);
    return {
      part: subdir as string,
      file: fileName,
      name,
      version,
      build,
      record: (indexed_timestamp) => ({
        body: new TextEncoder().encode(writeJson({ ...record, indexed_timestamp })),
        v3: needsV3(record),
      }),
      extra: runExportsOfPackage(inspection),
      inspection: inspectionRow(sha256ToBytes(received.sha256), inspection),
    };
  },
  view(body) {
    const { sha256, indexed_timestamp } = readRecord(body);
    return { sha256, listedAt: indexed_timestamp };
  },
};

function recordOf(upload: Upload, received: Received, index: IndexJson, now: Date) {
  refuseFuture(upload.fileName, index, now);
  const own = index.subdir;
  const subdir = upload.subdir ?? own;
  if (subdir === undefined || (own !== undefined && own !== subdir)) {
    throw new RegistryError(
      'subdir_mismatch',
      `${upload.fileName} belongs to the subdir ${own ?? '(it names none)'}, not to ${upload.subdir ?? '(none was given)'}.`,
      { wanted: own, found: upload.subdir },
    );
  }
  return recordFromIndexJson(index, {
    subdir,
    fileName: upload.fileName,
    md5: received.md5,
    sha256: received.sha256,
    size: received.size,
  });
}

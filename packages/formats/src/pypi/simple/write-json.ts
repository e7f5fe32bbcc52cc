import { writeJson } from '../../conda/json.ts';
import { readPythonFileName } from '../file-name.ts';
import { comparePythonVersions, type PythonVersion } from '../version.ts';
import { simpleFileObject } from './file-text.ts';
import type { ProjectStatus, SimpleFile } from './simple-page.ts';

/** The version of the simple API that is served. */
export const SIMPLE_API_VERSION = '1.4';

/** What a page is made of. */
export interface SimplePageParts {
  /** Normalised. */
  readonly name: string;
  readonly files: readonly SimpleFile[];
  readonly status?: ProjectStatus | undefined;
  readonly statusReason?: string | undefined;
}

/**
 * A project's page as the JSON of PEP 691, version 1.4. Equal parts give equal texts, whatever order the files come in: keys
 * sorted, files by version and name. The versions are those of the files. A project in quarantine offers no files.
 *
 * @see PEP 691, PEP 700 (versions), PEP 714 (both names of the metadata), PEP 740, PEP 792
 */
export function writeSimpleJson({ name, files, status = 'active', statusReason }: SimplePageParts): string {
  const sorted = status === 'quarantined' ? [] : inOrder(files, name);
  const versions = new Set(sorted.flatMap(({ version }) => (version === undefined ? [] : [version.text])));
  return writeJson({
    meta: { 'api-version': SIMPLE_API_VERSION },
    name,
    'project-status': statusReason === undefined ? { status } : { status, reason: statusReason },
    versions: [...versions],
    files: sorted.map(({ file }) => simpleFileObject(file)),
  });
}

function inOrder(
  files: readonly SimpleFile[],
  name: string,
): { file: SimpleFile; version: PythonVersion | undefined }[] {
  return files
    .map((file) => ({ file, version: readPythonFileName(file.filename, name)?.version }))
    .sort((one, other) => {
      if (one.version === undefined || other.version === undefined) {
        return Number(one.version !== undefined) - Number(other.version !== undefined) || byName(one.file, other.file);
      }
      return comparePythonVersions(one.version, other.version) || byName(one.file, other.file);
    });
}

function byName({ filename: one }: SimpleFile, { filename: other }: SimpleFile): number {
  return one < other ? -1 : Number(one > other);
}

import type { PartOrigin } from '@sluice/catalog';
import type { AdmitDeps, Guard } from './deps.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/** A package of a bare folder that was opened: its record as it would be listed. */
export interface FolderPackage {
  file: string;
  body: Uint8Array;
  /** As JSON text; null when they cannot be read. */
  runExports: Uint8Array | null;
}

/**
 * As `admitIndexDocument`, for a bare folder: the records were made by us from the packages themselves. Only what differs
 * from the last time is told; all other files stay as they are.
 *
 * @throws {@link refreshPart}'s errors.
 */
export async function admitFolderPackages(
  deps: AdmitDeps,
  input: {
    sourceId: number;
    subdir: string;
    packages: AsyncIterable<FolderPackage>;
    /** Whether `packages` are all there are: until now the part was something else than this folder. */
    isWhole: boolean;
    /** Asked after the last package: files that are there no more, or are no packages. */
    gone: () => readonly string[];
    guard?: Guard;
  },
): Promise<PartRefresh> {
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    rest: input.isWhole ? 'gone' : 'kept',
    origin: () => noOrigin,
    guard: input.guard,
    async feed({ take, gone, drained }) {
      for await (const { file, body, runExports } of input.packages) {
        take(file, body, { runExports });
        await drained();
      }
      for (const file of input.gone()) gone(file);
    },
  });
}

const noOrigin: PartOrigin = {
  document_url: null,
  document_sha256: null,
  etag: null,
  last_modified: null,
  base_url: null,
  run_exports_url: null,
  run_exports_sha256: null,
  run_exports_etag: null,
  run_exports_last_modified: null,
};

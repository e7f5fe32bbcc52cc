import { type InspectionRow, insertBlobs, insertInspections, noOrigin } from '@sluice/catalog';
import { type Facts, factsBuilder, factsRowOf } from '@sluice/policy';
import { putSmallBlobs } from '@sluice/storage';
import type { AdmitDeps, Guard } from './deps.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/** A package of a bare folder that was opened: its record as it would be listed. */
export interface FolderPackage {
  file: string;
  body: Uint8Array;
  /** As JSON text; null when they cannot be read. */
  extra: Uint8Array | null;
  /** Of a small file: its bytes, and what its archive says. */
  small?: { bytes: Uint8Array; inspection: InspectionRow };
}

/** Files whose bytes become durable together: one pack, one sync. */
const mostFiles = 500;
const mostBytes = 8 * 1024 * 1024;

/**
 * As `admitIndexDocument`, for a bare folder: the records were made by us from the packages themselves. Only what differs
 * from the last time is told; all other files stay as they are.
 *
 * Small files that are wanted come in with their records, since they have been read and opened already: their bytes are
 * durable before the record is there.
 *
 * @throws {@link refreshPart}'s errors.
 */
export async function admitFolderPackages(
  deps: AdmitDeps,
  input: {
    sourceId: number;
    subdir: string;
    packages: AsyncIterable<FolderPackage>;
    /** Asked after the last package: files that are there no more, or are no packages. */
    gone: () => readonly string[];
    /** Whether `packages` are all there are: until now the part was something else than this folder. */
    isWhole: boolean;
    /** Which files' bytes are wanted at once: all, or those of whose facts, in one row, this holds. */
    wants?: 'all' | ((facts: Facts) => boolean) | undefined;
    guard?: Guard;
  },
): Promise<PartRefresh> {
  const bytes = smallFiles(deps, input.guard);
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    rest: input.isWhole ? 'gone' : 'kept',
    origin: () => noOrigin,
    guard: input.guard,
    async feed({ take, gone, drained }) {
      for await (const { file, body, extra, small } of input.packages) {
        const { isNew } = take(file, body, { extra });
        if (isNew && small && isWanted(input, file, body)) await bytes.add(small);
        await drained();
      }
      await bytes.end();
      for (const file of input.gone()) gone(file);
    },
  });
}

function isWanted(
  { wants, subdir }: { wants?: 'all' | ((facts: Facts) => boolean) | undefined; subdir: string },
  file: string,
  body: Uint8Array,
): boolean {
  if (wants === undefined || wants === 'all') return wants === 'all';
  const builder = factsBuilder(subdir);
  builder.add(factsRowOf(subdir)(file, body, 1));
  return wants(builder.build());
}

/** Brings the bytes of small files in, a batch being stored while the next one is gathered. */
function smallFiles(deps: AdmitDeps, guard: Guard | undefined) {
  let batch: NonNullable<FolderPackage['small']>[] = [];
  let size = 0;
  let storing: Promise<void> = Promise.resolve();

  async function store(files: typeof batch): Promise<void> {
    const blobs = await putSmallBlobs(
      deps.storage,
      files.map(({ bytes }) => bytes),
    );
    const inspections = files.map(({ inspection }) => inspection);
    await deps.db.transaction().execute(async (trx) => {
      await insertBlobs(trx, blobs, deps.now());
      await insertInspections(trx, inspections, deps.now());
      await guard?.(trx);
    });
  }

  async function flush(): Promise<void> {
    await storing;
    const files = batch;
    batch = [];
    size = 0;
    if (files.length > 0) storing = store(files);
    storing.catch(() => {});
  }

  return {
    async add(file: NonNullable<FolderPackage['small']>): Promise<void> {
      batch.push(file);
      size += file.bytes.byteLength;
      if (batch.length >= mostFiles || size >= mostBytes) await flush();
    },
    async end(): Promise<void> {
      await flush();
      await storing;
    },
  };
}

import type { PartOrigin } from '@sluice/catalog';
import { createRepodataScanner } from '@sluice/formats/conda';
import type { AdmitDeps, Guard } from './deps.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/**
 * The second entrance: an upstream's repodata.json of one subdir becomes the new state of that part of its source.
 *
 * The document is scanned as it streams in and never held; records keep their text to the byte. Records of the `v3`
 * bucket are left out: they must not leak into the classic maps (CEP 48).
 *
 * @throws {FormatError} `repodata_*` when it is not repodata; nothing is changed then. {@link refreshPart}'s errors.
 */
export async function admitIndexDocument(
  deps: AdmitDeps,
  input: {
    sourceId: number;
    subdir: string;
    /** Plain JSON, decompressed. */
    document: AsyncIterable<Uint8Array>;
    finish: () => PartOrigin;
    guard?: Guard;
    onProgress?: (records: number) => void;
  },
): Promise<PartRefresh> {
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    origin: input.finish,
    guard: input.guard,
    async feed(take, drained) {
      let records = 0;
      const scanner = createRepodataScanner({
        onRecord(bucket, file, body) {
          if (bucket !== 'packages' && bucket !== 'packages.conda') return;
          records++;
          take(file, body);
        },
      });
      for await (const chunk of input.document) {
        scanner.push(chunk);
        input.onProgress?.(records);
        await drained();
      }
      scanner.end();
    },
  });
}

/** As {@link admitIndexDocument}, for a bare folder: the records were made by us from the packages themselves. */
export async function admitFolderRecords(
  deps: AdmitDeps,
  input: {
    sourceId: number;
    subdir: string;
    records: AsyncIterable<{ file: string; body: Uint8Array }>;
    finish: () => PartOrigin;
    guard?: Guard;
  },
): Promise<PartRefresh> {
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    origin: input.finish,
    guard: input.guard,
    async feed(take, drained) {
      for await (const { file, body } of input.records) {
        take(file, body);
        await drained();
      }
    },
  });
}

import type { PartOrigin } from '@sluice/catalog';
import { createRepodataScanner } from '@sluice/formats/conda';
import type { AdmitDeps, Guard } from './deps.ts';
import { type PartRefresh, refreshPart } from './refresh-part.ts';

/**
 * The second entrance: an upstream's repodata.json of one subdir becomes the new state of that part of its source.
 *
 * The document is scanned as it streams in and never held; records keep their text to the byte. Records of the `v3` maps,
 * and those that need them wherever they stand, are marked, so that they never leak into the classic maps (CEP 48). Wheels
 * are left out, each noted as refused.
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
    /** The run exports of a file as JSON text; null when they are not known. */
    runExportsOf?: ((file: string) => Uint8Array | null) | undefined;
    /** What the document says under `signatures` of a file, as JSON text; null when nothing. */
    signaturesOf?: ((file: string) => Uint8Array | null) | undefined;
    /** About how many records it has, if that is known. */
    expected?: number;
    finish: () => PartOrigin;
    guard?: Guard;
    onProgress?: (records: number) => void;
  },
): Promise<PartRefresh> {
  const { runExportsOf = () => null, signaturesOf = () => null } = input;
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    rest: 'gone',
    expected: input.expected,
    origin: input.finish,
    guard: input.guard,
    async feed({ take, refuse, drained }) {
      let records = 0;
      const scanner = createRepodataScanner({
        onRecord(bucket, file, body) {
          records++;
          const v3 = bucket.startsWith('v3.');
          take(file, body, { v3, extra: runExportsOf(file), signatures: v3 ? null : signaturesOf(file) });
        },
        onLeftOut: (_, stem) => refuse(`${stem}.whl`, noWheels),
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

/** Why wheels of an index are left out. */
export const noWheels = 'A wheel in a conda index is not served: mirror the Python package itself.';

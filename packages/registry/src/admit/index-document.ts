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
export async function admitIndexDocument(deps: AdmitDeps, input: IndexDocument): Promise<PartRefresh> {
  try {
    return await admit(deps, input, false);
  } catch (error) {
    if (!(error instanceof SignaturesBehind)) throw error;
    return admit(deps, input, true);
  }
}

export interface IndexDocument {
  sourceId: number;
  subdir: string;
  /** Plain JSON, decompressed; anew each time. */
  document: () => AsyncIterable<Uint8Array>;
  /** The run exports of a file as JSON text; null when they are not known. */
  runExportsOf?: ((file: string) => Uint8Array | null) | undefined;
  /** Absent when it does not matter who signed the files. */
  signatures?: SignaturesOf | undefined;
  /** About how many records it has, if that is known. */
  expected?: number;
  finish: () => PartOrigin;
  guard?: Guard;
  onProgress?: (records: number) => void;
}

/** How to come by what the document says under `signatures`. */
export interface SignaturesOf {
  /** Whether this text of a file is a signature at all. */
  isSigned(text: Uint8Array): boolean;
  /** Go through the document for them alone; what is found is JSON text, null for a file that nobody signed. */
  read(): Promise<{ of(file: string): Uint8Array | null } | undefined>;
}

/** Signatures stand behind the records they belong to, and nobody looked for them beforehand. */
class SignaturesBehind extends Error {}

/**
 * Signatures stand behind the records, so they are read in a pass of their own before. Nearly no index has any: the pass is
 * made where the records had some last time, or where they turn up, and then everything begins anew.
 */
async function admit(deps: AdmitDeps, input: IndexDocument, areSigned: boolean): Promise<PartRefresh> {
  const { runExportsOf } = input;
  return refreshPart(deps, {
    sourceId: input.sourceId,
    subdir: input.subdir,
    rest: 'gone',
    expected: input.expected,
    origin: input.finish,
    guard: input.guard,
    async feed({ take, takeExpected, refuse, drained, wereSigned }) {
      const isKnown = areSigned || wereSigned;
      const signatures = isKnown ? await input.signatures?.read() : undefined;
      const listedWith = (file: string) => ({ extra: runExportsOf?.(file), signatures: signatures?.of(file) });
      const isListedBare = !runExportsOf && !signatures;
      let records = 0;
      const scanner = createRepodataScanner({
        onRecord(bucket, file, body) {
          records++;
          const v3 = bucket.startsWith('v3.');
          const { extra, signatures } = listedWith(file);
          take(file, body, { v3, extra, signatures: v3 ? null : signatures });
        },
        isKnown(bucket, chunk, at) {
          if (bucket.startsWith('v3.')) return 0;
          const end = takeExpected(chunk, at, isListedBare ? undefined : listedWith);
          if (end > 0) records++;
          return end;
        },
        onLeftOut: (_, stem) => refuse(`${stem}.whl`, noWheels),
        onSignatures(_, text) {
          if (!isKnown && input.signatures?.isSigned(text)) throw new SignaturesBehind();
        },
      });
      for await (const chunk of input.document()) {
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

import type { BlobRow } from '@sluice/catalog';
import { repodataBuckets } from '@sluice/formats/conda';
import { blobRef, putCompressed, readCompressedPieces, type Unpacked } from '@sluice/storage';
import { allEnded } from '../../all-ended.ts';
import { PublishError } from '../../errors.ts';
import { documentLevel } from '../document-level.ts';
import { type DocumentRun, readRuns, runList } from '../document-runs.ts';
import type { MonolithDeps } from '../monolith-deps.ts';
import type { SubdirContent } from '../subdir-content.ts';
import { drift } from '../write-subdir.ts';
import { type MergedTo, mergeRuns } from './merge-runs.ts';
import type { MovedMember } from './moved-members.ts';

/** An earlier document, with what was noted of the runs of package names that stand in it. */
export interface EarlierDocument {
  blob: BlobRow;
  runs: Buffer;
}

/** A stored document, with a stored text that says where in it the runs of package names stand. */
export interface DocumentWithRuns {
  blob: BlobRow;
  runs: BlobRow;
}

/** How a document comes out. */
export interface MergedContent extends Pick<SubdirContent, 'subdir' | 'counts'> {
  /** bytes */
  size: number;
  begin(emit: (chunk: Uint8Array) => void): MergedTo['writer'] & { end(): void };
}

/**
 * Write a document out of an earlier one as it streams.
 *
 * @throws {PublishError} `monolith_drift` when it does not come out as it must.
 */
export async function mergedDocument(
  { storage }: Pick<MonolithDeps, 'storage'>,
  earlier: EarlierDocument,
  moved: readonly MovedMember[],
  content: MergedContent,
): Promise<DocumentWithRuns> {
  const { size } = content;
  const left = [...content.counts];
  const runs = runList();
  const noted = Promise.withResolvers<Buffer>();
  const add = (run: DocumentRun) => {
    left[repodataBuckets.indexOf(run.bucket)]! -= run.records;
    runs.add(run);
  };
  async function* chunks(): AsyncGenerator<Uint8Array> {
    const ready: Uint8Array[] = [];
    const writer = content.begin((chunk) => ready.push(chunk));
    const pieces = readCompressedPieces(storage, blobRef(earlier.blob));
    for await (const _ of mergeRuns(pieces, readRuns(earlier.runs), moved, { writer, runs: { add } })) {
      // Before the codec says so of what it was promised, in words of its own.
      if (writer.size() > size) throw otherSize(content, writer.size());
      yield* ready.splice(0);
    }
    const wrong = left.findIndex((count) => count !== 0);
    if (wrong >= 0) throw drift(content, repodataBuckets[wrong]!, left[wrong]!);
    writer.end();
    if (writer.size() !== size) throw otherSize(content, writer.size());
    noted.resolve(runs.text());
    yield* ready;
  }
  const put = (document: Unpacked) => putCompressed(storage, document, documentLevel(document.bytes));
  const [blob, runsBlob] = await allEnded([
    put({ chunks: chunks(), bytes: size }).catch((error: unknown) => {
      noted.reject(error);
      throw error;
    }),
    // While the last of the document is made durable.
    noted.promise.then((text) => put({ chunks: [text], bytes: text.byteLength })),
  ]);
  return { blob, runs: runsBlob };
}

function otherSize({ subdir, size }: MergedContent, found: number): PublishError {
  const details = { wanted: `${size} bytes`, found: `${found} bytes` };
  return new PublishError('monolith_drift', `An earlier document of ${subdir} has other bytes than noted.`, details);
}

import { createRepodataScanner, type RepodataBucket } from '@sluice/formats/conda';
import { PublishError } from '../../errors.ts';
import type { DocumentRun } from '../document-runs.ts';
import { freshTaker, type MergedRecord } from './merge-records.ts';
import type { MovedRecords } from './moved-records.ts';

/** Where the members of a merged document go, in its order. What they are handed is valid only while they look at it. */
export interface MergedTo {
  /** Members that stay as they are begin. */
  run(run: DocumentRun): void;
  /** More of their text, without a comma at the beginning of it all, nor at the end. */
  copy(text: Uint8Array): void;
  /** A member of a run in which something moved, or of a package name that is asked for. */
  take(record: MergedRecord): void;
}

/**
 * Go through an earlier repodata.json without what is dropped and with what is fresh in its place, in the order of the document.
 * Only runs in which something moved are read, all others are handed on in pieces. Yields after each chunk, so that the caller
 * can catch up.
 *
 * @param runs of the earlier document, which has no v3 maps.
 * @param names of which every record is to be seen, among them all that moved.
 * @throws {FormatError} when what is read is no such document; {@link PublishError} `monolith_drift` when its runs are others.
 */
export async function* mergeRuns(
  earlier: AsyncIterable<Uint8Array>,
  runs: readonly DocumentRun[],
  { moved, names }: { moved: MovedRecords; names: ReadonlySet<string> },
  to: MergedTo,
): AsyncGenerator<void> {
  const fresh = freshTaker(moved.fresh, to.take);
  const opened = openedRuns((bucket, fn, text) => {
    if (moved.dropped.has(fn)) return;
    fresh.takeBefore(bucket, fn);
    to.take({ bucket, fn, text });
  });
  let at = 0;
  let index = 0;
  let isBegun = false;
  let isOpen = false;
  let before = 0;
  for await (const chunk of earlier) {
    const end = at + chunk.byteLength;
    for (let run = runs[index]; run && run.at < end; run = runs[index]) {
      const piece = chunk.subarray(Math.max(0, run.at - at), run.at + run.bytes - at);
      if (!isBegun) {
        isBegun = true;
        checkBeginning(run, run.at > at ? chunk[run.at - at - 1] : before, piece);
        fresh.takeBefore(run.bucket, run.first);
        // Where a file of another name stands in between is only known when the run is read.
        const next = runs[index + 1];
        isOpen = names.has(run.name) || fresh.isBefore(next && { bucket: next.bucket, fn: next.first });
        if (isOpen) opened.begin(run.bucket);
        else to.run(run);
      }
      if (isOpen) opened.push(piece);
      else to.copy(piece);
      if (run.at + run.bytes > end) break;
      isBegun = false;
      index++;
    }
    at = end;
    before = chunk.at(-1) ?? before;
    yield;
  }
  if (index < runs.length) throw otherRuns(runs[index]!.first, 'the end of the document');
  opened.end();
  fresh.takeRest();
  yield;
}

/** A key begins there, behind the brace of a map or a comma. */
function checkBeginning({ first }: DocumentRun, before: number | undefined, piece: Uint8Array): void {
  const wanted = Buffer.from(`"${first}":`);
  const found = Buffer.from(piece.subarray(0, wanted.length));
  if ((before === comma || before === openBrace) && found.equals(wanted.subarray(0, found.length))) return;
  throw otherRuns(first, found.toString());
}

function otherRuns(wanted: string, found: string): PublishError {
  return new PublishError('monolith_drift', 'An earlier document does not have its members where they were noted.', {
    wanted,
    found,
  });
}

const comma = 0x2c;
const openBrace = 0x7b;

/** Reads the members of some runs, as if a document had only these. */
function openedRuns(onRecord: (bucket: RepodataBucket, fn: string, text: Uint8Array) => void) {
  const scanner = createRepodataScanner({ onRecord });
  let last: RepodataBucket | undefined;
  const write = (text: string) => scanner.push(Buffer.from(text));
  return {
    begin(bucket: RepodataBucket): void {
      const map = `${JSON.stringify(bucket)}:{`;
      write(last === bucket ? ',' : last ? `},${map}` : `{${map}`);
      last = bucket;
    },
    push: scanner.push,
    end(): void {
      write(last ? '}}' : '{}');
      scanner.end();
    },
  };
}

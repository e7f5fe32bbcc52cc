import { bucketOf, type RepodataBucket, runExportsValueBytes } from '@sluice/formats/conda';
import { packageNameOf } from '@sluice/formats/package';
import { PublishError } from '../errors.ts';

/** Members of one package name that stand one after the other in a map of repodata.json, or of run_exports.json. */
export interface DocumentRun {
  bucket: RepodataBucket;
  /** The file name of the first. */
  first: string;
  /** Where its key begins, in bytes from the beginning of the document. */
  at: number;
  /** What they take, with the commas between them. */
  bytes: number;
  records: number;
  /** What each of them takes, without a comma: numbers with commas between them, so that most need not be read. */
  sizes: string;
}

/** What a member takes: a file name, which needs no escape, and the text of its record, without a comma. */
export function memberBytes(fn: number, text: number): number {
  return fn + '"":'.length + text;
}

/** The same in run_exports.json, of run exports whose text takes so much. */
export function runExportsBytes(fn: string, text: number): number {
  return memberBytes(fn.length, runExportsValueBytes(text));
}

/** A member that ends at `end` as a run of one. */
export function memberRun(bucket: RepodataBucket, fn: string, end: number, bytes: number): DocumentRun {
  return { bucket, first: fn, at: end - bytes, bytes, records: 1, sizes: `${bytes}` };
}

/** The runs of a document in its order. */
export interface RunList {
  /** More members, which stand behind those that were added before. */
  add(run: DocumentRun): void;
  /** A line of JSON each. */
  text(): Buffer;
}

/** So many lines are made bytes at once: texts take several times as much. */
const portion = 500;

/** An empty list. It comes out the same whether members are added one by one or run by run. */
export function runList(): RunList {
  const portions: Buffer[] = [];
  let lines: string[] = [];
  let last: (DocumentRun & { name: string }) | undefined;
  let sizes: string[] = [];

  function write(): void {
    if (!last) return;
    const { at, bytes, records, first } = last;
    lines.push(`[${at},${bytes},${records},${JSON.stringify(first)},[${sizes.join()}]]\n`);
    if (lines.length === portion) endPortion();
  }

  function endPortion(): void {
    portions.push(Buffer.from(lines.join('')));
    lines = [];
  }

  return {
    add(run) {
      if (last && last.bucket === run.bucket && isOf(last.name, run.first)) {
        last.bytes = run.at + run.bytes - last.at;
        last.records += run.records;
        sizes.push(run.sizes);
        return;
      }
      write();
      last = { ...run, name: packageNameOf('conda', run.first) };
      sizes = [run.sizes];
    },
    text() {
      write();
      last = undefined;
      endPortion();
      return Buffer.concat(portions);
    },
  };
}

/** Whether a file is of a package name, without a text for the name of each of hundreds of thousands. */
function isOf(name: string, fn: string): boolean {
  const beforeBuild = fn.lastIndexOf('-');
  return fn.lastIndexOf('-', beforeBuild - 1) === name.length && fn.startsWith(name);
}

const runLine = /^\[(\d+),(\d+),(\d+),"([^"\\]+)",\[([\d,]+)\]\]$/;

/**
 * The runs of a document without v3 maps, out of what {@link runList} wrote, each read when it is asked for.
 *
 * @throws {PublishError} `monolith_drift` at a line that is something else.
 */
export function* readRuns(text: Buffer): Generator<DocumentRun, undefined> {
  // Behind the last line break there is nothing, or a cut line, whose run the document then has too many.
  for (let at = 0, end = text.indexOf(lineEnd); end >= 0; at = end + 1, end = text.indexOf(lineEnd, at)) {
    yield readRun(text.toString('utf8', at, end));
  }
}

const lineEnd = 0x0a;

function readRun(line: string): DocumentRun {
  const [, at, bytes, records, first, sizes] = runLine.exec(line) ?? [];
  if (first === undefined || sizes === undefined) {
    const details = { wanted: 'a line of runs', found: line.slice(0, 100) };
    throw new PublishError('monolith_drift', 'What was noted of an earlier document cannot be read.', details);
  }
  const place = { at: Number(at), bytes: Number(bytes), records: Number(records), sizes };
  return { bucket: bucketOf(first, false), first, ...place };
}

import { bucketOf, type RepodataBucket } from '@sluice/formats/conda';
import { packageNameOf } from '@sluice/formats/package';
import { PublishError } from '../errors.ts';

/** Members of one package name that stand one after the other in a map of repodata.json. */
export interface DocumentRun {
  bucket: RepodataBucket;
  name: string;
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

/** The runs of a document in its order. */
export interface RunList {
  /** More members, which stand behind those that were added before. */
  add(run: Omit<DocumentRun, 'name'>): void;
  /** A line of JSON each. */
  text(): Buffer;
}

/** An empty list. It comes out the same whether members are added one by one or run by run. */
export function runList(): RunList {
  const lines: string[] = [];
  let last: DocumentRun | undefined;

  function write(): void {
    if (last) lines.push(`[${last.at},${last.bytes},${last.records},${JSON.stringify(last.first)},[${last.sizes}]]\n`);
  }

  return {
    add(run) {
      if (last && last.bucket === run.bucket && isOf(last.name, run.first)) {
        last.bytes = run.at + run.bytes - last.at;
        last.records += run.records;
        last.sizes += `,${run.sizes}`;
        return;
      }
      write();
      last = { ...run, name: packageNameOf('conda', run.first) };
    },
    text() {
      write();
      last = undefined;
      return Buffer.from(lines.join(''));
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
 * The runs of a document without v3 maps, out of what {@link runList} wrote.
 *
 * @throws {PublishError} `monolith_drift` when it is something else.
 */
export function readRuns(text: Buffer): DocumentRun[] {
  // Behind the last line break there is nothing, or a cut line, whose run the document then has too many.
  const lines = text.toString().split('\n').slice(0, -1);
  return lines.map((line) => {
    const [, at, bytes, records, first, sizes] = runLine.exec(line) ?? [];
    if (first === undefined || sizes === undefined) {
      const details = { wanted: 'a line of runs', found: line.slice(0, 100) };
      throw new PublishError('monolith_drift', 'What was noted of an earlier document cannot be read.', details);
    }
    const place = { at: Number(at), bytes: Number(bytes), records: Number(records), sizes };
    return { bucket: bucketOf(first, false), name: packageNameOf('conda', first), first, ...place };
  });
}

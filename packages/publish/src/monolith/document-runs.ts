import { bucketOf, type RepodataBucket } from '@sluice/formats/conda';
import { packageNameOf } from '@sluice/formats/package';

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
    if (last) lines.push(`${JSON.stringify([last.at, last.bytes, last.records, last.first])}\n`);
  }

  return {
    add(run) {
      if (last && last.bucket === run.bucket && isOf(last.name, run.first)) {
        last.bytes = run.at + run.bytes - last.at;
        last.records += run.records;
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

/** The runs of a document without v3 maps, out of what {@link runList} wrote. */
export function readRuns(text: Buffer): DocumentRun[] {
  const runs: DocumentRun[] = [];
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf(0x0a, from);
    const [at, bytes, records, first] = JSON.parse(text.toString('utf8', from, end)) as [
      number,
      number,
      number,
      string,
    ];
    runs.push({ bucket: bucketOf(first, false), name: packageNameOf('conda', first), first, at, bytes, records });
    from = end + 1;
  }
  return runs;
}

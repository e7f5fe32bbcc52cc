import { pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import type { BlobRow } from '@sluice/catalog';
import { type BlobStore, blobRef } from '@sluice/storage';

/** A project of a list: its name as compared, and as written. */
export interface ListedProject {
  normalised: string;
  written: string;
}

/** A list of projects in byte order of their normalised names, portion by portion. */
export type ProjectPortions = AsyncIterable<ListedProject[]>;

/** The projects of an upstream's list as they lie in its blob, one a line; those that `isKept` refuses are left out. */
export async function* storedProjects(
  storage: Pick<BlobStore, 'open'>,
  blob: BlobRow,
  isKept: (normalised: string) => boolean,
): ProjectPortions {
  const unpack = createZstdDecompress({ chunkSize: 1 << 18 });
  pipeline(storage.open(blobRef(blob)), unpack, () => {});
  let rest = '';
  for await (const chunk of unpack as AsyncIterable<Buffer>) {
    // Names are ASCII, so a chunk may end anywhere.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop()!;
    yield lines.flatMap((line) => projectOf(line, isKept));
  }
}

function projectOf(line: string, isKept: (normalised: string) => boolean): ListedProject[] {
  const cut = line.indexOf('\t');
  const normalised = cut === -1 ? line : line.slice(0, cut);
  return isKept(normalised) ? [{ normalised, written: cut === -1 ? line : line.slice(cut + 1) }] : [];
}

/** Several lists as one; of a project that several have, the first of them says how it is written. */
export async function* mergedProjects(lists: readonly ProjectPortions[]): ProjectPortions {
  const cursors = await Promise.all(
    lists.map(async (list) => refilled({ portions: list[Symbol.asyncIterator](), items: [], at: 0 })),
  );
  for (;;) {
    const open = cursors.filter(({ items }) => items.length > 0);
    if (open.length === 0) return;
    yield nextRun(open);
    await Promise.all(open.map(refilled));
  }
}

interface Cursor {
  portions: AsyncIterator<ListedProject[]>;
  items: ListedProject[];
  at: number;
}

/** Take projects for as long as none of the cursors has come to its end. */
function nextRun(cursors: readonly Cursor[]): ListedProject[] {
  const taken: ListedProject[] = [];
  while (cursors.every(({ items, at }) => at < items.length)) {
    let least = cursors[0]!;
    for (const cursor of cursors) {
      if (cursor.items[cursor.at]!.normalised < least.items[least.at]!.normalised) least = cursor;
    }
    const project = least.items[least.at]!;
    taken.push(project);
    for (const cursor of cursors) if (cursor.items[cursor.at]!.normalised === project.normalised) cursor.at++;
  }
  return taken;
}

/** Get a cursor that is at its end another portion, if there is any. */
async function refilled(cursor: Cursor): Promise<Cursor> {
  while (cursor.at >= cursor.items.length) {
    const next = await cursor.portions.next();
    [cursor.items, cursor.at] = [next.done ? [] : next.value, 0];
    if (next.done) break;
  }
  return cursor;
}

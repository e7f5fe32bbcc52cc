import {
  type DcfFields,
  dependencyFields,
  parseDependencies,
  parseRFileName,
  type RFileTimes,
  splitNewest,
} from '@sluice/formats/cran';

/** A tree of source packages: its index, and when the files of index and archive came. */
export interface TimedTree {
  rows: readonly DcfFields[];
  current: readonly RFileTimes[];
  archived: readonly RFileTimes[];
}

/** The same as it stood at another time; archived files by package. */
export interface PastTree {
  rows: DcfFields[];
  current: RFileTimes[];
  archived: [name: string, files: RFileTimes[]][];
}

/** Names looked at between two rests. */
const portion = 500;

/**
 * The tree as it must have been before an instant, by when its files came: of each name the newest of the files that were
 * there. What an older version depended on no index tells any more; its row names the packages of today's row, without
 * their versions, since R looks into the package itself when it installs it. Files of which nobody says when they came are
 * left out.
 *
 * @param rest waited for now and then, so that others get their turn.
 */
export async function treeBefore(
  { rows, current, archived }: TimedTree,
  instant: Date,
  rest: () => Promise<unknown>,
): Promise<PastTree> {
  const byName = new Map<string, { file: string; version: string; times: RFileTimes }[]>();
  for (const times of [...current, ...archived]) {
    if (times.mtime === undefined || times.mtime * 1000 >= instant.getTime()) continue;
    const file = times.path.slice(times.path.lastIndexOf('/') + 1);
    const { name, version } = parseRFileName(file);
    const files = byName.get(name);
    if (files) files.push({ file, version, times });
    else byName.set(name, [{ file, version, times }]);
  }
  const rowOf = new Map(rows.map((row) => [row.get('Package')!, row]));
  const past: PastTree = { rows: [], current: [], archived: [] };
  for (const [i, name] of [...byName.keys()].sort().entries()) {
    if (i % portion === 0) await rest();
    const { newest, others } = splitNewest(byName.get(name)!)!;
    past.rows.push(rowAt(rowOf.get(name), name, newest.version));
    past.current.push({ ...newest.times, path: newest.file });
    if (others.length > 0)
      past.archived.push([name, others.map(({ file, times }) => ({ ...times, path: `${name}/${file}` }))]);
  }
  past.current.sort((a, b) => (a.path < b.path ? -1 : 1));
  return past;
}

function rowAt(row: DcfFields | undefined, name: string, version: string): DcfFields {
  if (row?.get('Version') === version) return row;
  const older = new Map([
    ['Package', name],
    ['Version', version],
  ]);
  for (const field of dependencyFields) {
    const names = parseDependencies(row?.get(field)).flatMap((one) => (one.name === 'R' ? [] : one.name));
    if (names.length > 0) older.set(field, names.join(', '));
  }
  return older;
}

import { isJsonObject, type JsonObject, parseJson } from '@sluice/formats/conda';
import {
  type DcfFields,
  packagesRow,
  parseDcf,
  parseRFileName,
  type RFileTimes,
  splitNewest,
} from '@sluice/formats/cran';
import type { RecordPlace } from '@sluice/policy';

/** What a tree lists, and what lies in its archive, by name in byte order. */
export interface ListedTree {
  rows: DcfFields[];
  current: RFileTimes[];
  archived: [name: string, files: RFileTimes[]][];
}

/** Takes the records of a tree in byte order of their files, so those of one name come one after the other. */
export interface TreeGatherer {
  add(record: RecordPlace): void;
  end(): ListedTree;
}

interface ListedFile {
  file: string;
  version: string;
  body: Uint8Array;
  aside: JsonObject;
}

/** A paragraph with name and version alone is all that an archive tells of a file: no installer could use such a row. */
const fieldsOfArchive = 2;

/**
 * Of each name the index lists one file: the newest that it knows the dependencies of. All others are its archive's, and
 * so is every file of a package that its upstream withdrew.
 */
export function gatherTree(): TreeGatherer {
  const tree: ListedTree = { rows: [], current: [], archived: [] };
  let name: string | undefined;
  let files: ListedFile[] = [];

  function endName(): void {
    if (name === undefined) return;
    const { row, current, archived } = divide(files);
    if (row && current) {
      tree.rows.push(row);
      tree.current.push(timesOf(current, current.file));
    }
    if (archived.length > 0) {
      tree.archived.push([
        name,
        archived.map((file) => timesOf(file, `${parseRFileName(file.file).name}/${file.file}`)),
      ]);
    }
    files = [];
  }

  return {
    add({ bytes, fileAt, fileEnd, bodyAt, bodyEnd, extraAt, extraEnd }) {
      const file = Buffer.from(bytes.buffer, bytes.byteOffset + fileAt, fileEnd - fileAt).toString();
      const said = parseRFileName(file);
      if (said.name !== name) endName();
      name = said.name;
      const body = bytes.subarray(bodyAt, bodyEnd);
      files.push({
        file,
        version: said.version,
        body,
        aside: asideOf(extraAt < 0 ? undefined : bytes.subarray(extraAt, extraEnd)),
      });
    },
    end() {
      endName();
      const byName = (a: string, b: string) => (a < b ? -1 : 1);
      tree.rows.sort((a, b) => byName(a.get('Package')!, b.get('Package')!));
      tree.current.sort((a, b) => byName(a.path, b.path));
      tree.archived.sort(([a], [b]) => byName(a, b));
      return tree;
    },
  };
}

function divide(files: readonly ListedFile[]): { row?: DcfFields; current?: ListedFile; archived: ListedFile[] } {
  const described = files
    .filter(({ aside }) => aside.withdrawn !== true)
    .flatMap((file) => {
      const fields = packagesRow(parseDcf(file.body));
      return fields.size > fieldsOfArchive ? [{ file, fields, version: file.version }] : [];
    });
  const listed = splitNewest(described)?.newest;
  const others = files.filter((file) => file !== listed?.file);
  const split = splitNewest(others);
  const archived = split ? [...split.others, split.newest] : [];
  return listed ? { row: listed.fields, current: listed.file, archived } : { archived };
}

/** When it came here is what its archive says, else what its paragraph does: uploads say it there. */
function timesOf({ body, aside: { size, mtime } }: ListedFile, path: string): RFileTimes {
  const said = typeof mtime === 'string' ? mtime : (parseDcf(body).get('Published') ?? '');
  const at = Date.parse(said) / 1000;
  return { path, size: typeof size === 'number' ? size : undefined, mtime: Number.isNaN(at) ? undefined : at };
}

function asideOf(extra: Uint8Array | undefined): JsonObject {
  const aside = extra ? parseJson(extra, 'What was read beside the record', 'record_shape') : {};
  return isJsonObject(aside) ? aside : {};
}

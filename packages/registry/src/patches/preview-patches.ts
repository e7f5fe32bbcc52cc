import {
  type ChannelRow,
  channelLayers,
  type Db,
  findRecords,
  headsBelow,
  type LayerRow,
  patchesInForce,
  type RecordVersion,
  readPatch,
} from '@sluice/catalog';
import {
  type JsonObject,
  type JsonValue,
  type PatchedRecord,
  type PatchInstructions,
  parseJson,
  parseJsonObject,
  patchRecord,
  readPatchInstructions,
  writeJson,
} from '@sluice/formats/conda';

/** One key of a record as it is shown now and as it would be; undefined where there is none. */
export interface PatchChange {
  file: string;
  /** Null: the whole record, `listed` or `removed`. */
  key: string | null;
  before: JsonValue | undefined;
  after: JsonValue | undefined;
}

/** What a patch document does to one subdir of a channel. Rules may hide files that are counted here. */
export interface PatchPreview {
  subdir: string;
  /** Files whose record it changes, compared to what their sources say; revoked ones among them. */
  files: number;
  removed: number;
  revoked: number;
  /** Files it names that no layer of the channel has; they are passed over. The first of them. */
  unknown: { count: number; files: string[] };
  /** Compared to what is shown now. The first of them. */
  changes: { count: number; items: PatchChange[] };
}

const mostNamed = 100;
const filesPerBatch = 2000;

/**
 * Say what it would mean to put the document `after` (none: to take away what is there) in the place of the one in force.
 * Reads the records it names, in portions.
 */
export async function previewPatches(
  db: Db,
  channel: Pick<ChannelRow, 'id' | 'patch_rev'>,
  subdir: string,
  after: PatchInstructions | undefined,
): Promise<PatchPreview> {
  const before = await instructionsInForce(db, channel, subdir);
  const preview: PatchPreview = {
    ...{ subdir, files: 0, removed: 0, revoked: 0 },
    unknown: { count: 0, files: [] },
    changes: { count: 0, items: [] },
  };
  const layers = [...(await channelLayers(db, channel.id)), ...(await layersBelow(db, channel.id, subdir))];
  const known = new Set<string>();
  const files = [...new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])].sort();
  for (let at = 0; at < files.length; at += filesPerBatch) {
    const records = await topRecords(db, layers, subdir, files.slice(at, at + filesPerBatch));
    for (const record of records) {
      known.add(record.file);
      count(preview, record, before, after);
    }
  }
  for (const file of after?.keys() ?? []) if (isUnknown(file, known, after)) addNamed(preview.unknown, file);
  preview.unknown.files.sort();
  return preview;
}

/** A layer, and what its records are seen through below the channel. */
interface SeenLayer extends Pick<LayerRow, 'source_id' | 'revision'> {
  through?: readonly PatchInstructions[];
}

async function layersBelow(db: Db, channelId: number, subdir: string): Promise<SeenLayer[]> {
  const layers: SeenLayer[] = [];
  // Documents may be large, and are mostly the same for all inputs.
  const known = new Map<string, Promise<PatchInstructions | undefined>>();
  const patchOf = (id: number, patch_rev: number) => {
    const key = `${id} ${patch_rev}`;
    const patch = known.get(key) ?? instructionsInForce(db, { id, patch_rev }, subdir);
    known.set(key, patch);
    return patch;
  };
  for (const { channel_id, patch_rev, inputs } of await headsBelow(db, channelId)) {
    for (const { source_id, revision, patches = [] } of inputs) {
      const through: PatchInstructions[] = [];
      for (const { channel_id: id, patch_rev: rev } of [...patches, { channel_id, patch_rev }]) {
        const patch = await patchOf(id, rev);
        if (patch) through.push(patch);
      }
      layers.push({ source_id, revision, through });
    }
  }
  return layers;
}

async function instructionsInForce(
  db: Db,
  { id, patch_rev }: Pick<ChannelRow, 'id' | 'patch_rev'>,
  subdir: string,
): Promise<PatchInstructions | undefined> {
  const row = (await patchesInForce(db, id, patch_rev)).find((patch) => patch.subdir === subdir);
  if (!row) return undefined;
  return readPatchInstructions(await readPatch(db, { channel_id: id, subdir, from_rev: row.from_rev }));
}

/** The records of these files, each of the topmost layer that has it. */
async function topRecords(
  db: Db,
  layers: readonly SeenLayer[],
  subdir: string,
  files: readonly string[],
): Promise<RecordVersion[]> {
  const found = new Map<string, RecordVersion>();
  for (const { source_id, revision, through = [] } of layers) {
    const missing = files.filter((file) => !found.has(file));
    if (missing.length === 0) break;
    for (const record of await findRecords(db, { source_id, subdir }, missing, revision)) {
      const seen = seenThrough(through, record);
      if (seen) found.set(record.file, seen);
    }
  }
  return [...found.values()].sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** A record as a channel below shows it; undefined when it is removed there. */
function seenThrough(through: readonly PatchInstructions[], record: RecordVersion): RecordVersion | undefined {
  let seen = record;
  for (const patch of through) {
    const shown = patchRecord(patch, seen.file, seen.body, { v3: seen.v3, runExports: seen.extra });
    if (shown.status === 'removed') return undefined;
    seen = { ...seen, body: Buffer.from(shown.body), extra: shown.runExports && Buffer.from(shown.runExports) };
  }
  return seen;
}

/** A `.conda` that only stands for the `.tar.bz2` of its stem was not named; of two such files one is enough. */
function isUnknown(file: string, known: ReadonlySet<string>, after: PatchInstructions | undefined): boolean {
  if (known.has(file)) return false;
  if (file.endsWith('.tar.bz2')) return !known.has(`${file.slice(0, -'.tar.bz2'.length)}.conda`);
  return !after?.has(`${file.slice(0, -'.conda'.length)}.tar.bz2`);
}

function count(
  preview: PatchPreview,
  record: RecordVersion,
  before: PatchInstructions | undefined,
  after: PatchInstructions | undefined,
): void {
  const { file, body, v3, extra: runExports } = record;
  const [old, now] = [before, after].map((patches) => patchRecord(patches, file, body, { v3, runExports }));
  if (now!.status === 'removed') preview.removed++;
  else if (now!.body !== body || now!.runExports !== runExports) preview.files++;
  if (now!.status === 'kept' && after?.get(file)?.revoked) preview.revoked++;
  for (const change of differences(file, old!, now!)) {
    preview.changes.count++;
    if (preview.changes.items.length < mostNamed) preview.changes.items.push(change);
  }
}

function differences(file: string, before: PatchedRecord, after: PatchedRecord): PatchChange[] {
  if (before.status === 'removed' || after.status === 'removed') {
    if (before.status === after.status) return [];
    const word = (record: PatchedRecord) => (record.status === 'kept' ? 'listed' : 'removed');
    return [{ file, key: null, before: word(before), after: word(after) }];
  }
  const [old, now] = [before, after].map(({ body, runExports }) => fieldsOf(file, body, runExports));
  return [...new Set([...Object.keys(old!), ...Object.keys(now!)])]
    .sort()
    .filter((key) => textOf(old![key]) !== textOf(now![key]))
    .map((key) => ({ file, key, before: old![key], after: now![key] }));
}

function fieldsOf(file: string, body: Uint8Array, runExports: Uint8Array | null): JsonObject {
  const fields = parseJsonObject(body, file, 'record_shape');
  return runExports ? { ...fields, run_exports: parseJson(runExports, file, 'run_exports_json') } : fields;
}

function textOf(value: JsonValue | undefined): string | undefined {
  return value === undefined ? undefined : writeJson(value);
}

function addNamed(list: { count: number; files: string[] }, file: string): void {
  list.count++;
  if (list.files.length < mostNamed) list.files.push(file);
}

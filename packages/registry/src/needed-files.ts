import {
  copyLiveRecords,
  copyOut,
  copyRecordsOf,
  findDependencyLines,
  findNeededFiles,
  insertBlobs,
  insertNeededFiles,
  type LayerState,
  type Part,
  partSubdirs,
  withSession,
} from '@sluice/catalog';
import {
  addsDependencies,
  type DependencyLine,
  type DependencySummary,
  type Depends,
  type DependsList,
  dependencyReport,
  dependencySummary,
  dependsList,
  dependsOf,
  evaluateAll,
  type Facts,
  fileRowsOf,
  layerRules,
  lookedAtSubdirs,
  type PartDepends,
  readNeeded,
  type StoredNeeded,
  neededFiles as workOut,
} from '@sluice/policy';
import { blobRef, putCompressed, readCompressed, readCompressedIfSound } from '@sluice/storage';
import type { AdmitDeps } from './admit/deps.ts';
import { sourceFacts } from './admit/source-facts.ts';

/** What working out the needed files takes. */
export type NeededDeps = Pick<AdmitDeps, 'db' | 'pool' | 'storage' | 'now'>;

/**
 * The files that come along with what a layer's filters choose. Worked out once for a revision and the rules, which reads the
 * records of what is kept; afterwards they are one small blob.
 */
export async function neededFiles(deps: NeededDeps, layer: LayerState): Promise<StoredNeeded> {
  const known = await findNeededFiles(deps.db, layer);
  const text = known && (await readCompressedIfSound(deps.storage, blobRef(known), known.unpacked_bytes));
  // Where the bytes are lost it is worked out again.
  if (text && text.byteLength === known.unpacked_bytes) return readNeeded(text);
  const filters = layer.definition.mirror?.filters ?? {};
  const { packed, report } = addsDependencies(filters)
    ? await withReport(deps, layer)
    : { packed: await workOut(layer.definition, partsOf(deps, layer)) };
  const files = await store(deps, packed);
  const lines = report && (await store(deps, encoder.encode(linesText(report.lines))));
  await insertBlobs(deps.db, lines ? [files.blob, lines.blob] : [files.blob], deps.now());
  await insertNeededFiles(deps.db, layer, {
    blob: files.blob.sha256,
    unpacked_bytes: files.bytes,
    ...(lines && {
      lines: lines.blob.sha256,
      lines_bytes: lines.bytes,
      summary: JSON.stringify(dependencySummary(report)),
    }),
  });
  return readNeeded(packed);
}

async function store({ storage }: NeededDeps, bytes: Uint8Array) {
  return {
    blob: await putCompressed(storage, { chunks: [bytes], bytes: bytes.byteLength }, 1),
    bytes: bytes.byteLength,
  };
}

const encoder = new TextEncoder();

function linesText(lines: readonly DependencyLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function withReport(deps: NeededDeps, layer: LayerState) {
  const parts: PartDepends[] = [];
  for await (const part of partsOf(deps, layer)) parts.push(part);
  const packed = await workOut(layer.definition, inOrder(parts));
  const needed = readNeeded(packed);
  const rules = layerRules(layer.definition, needed);
  const judged = parts.map((part) => ({ ...part, rules, verdicts: evaluateAll(rules, part.facts) }));
  return { packed, report: await dependencyReport(judged, layer.definition.mirror?.filters.only_specs ?? [], needed) };
}

async function* inOrder<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

/** The report on the dependencies of a layer, as it was worked out with them; undefined where nobody did yet. */
export async function storedDependencies(
  deps: Pick<NeededDeps, 'db' | 'storage'>,
  layer: LayerState,
): Promise<{ summary: DependencySummary; lines: DependencyLine[] } | undefined> {
  const known = await findDependencyLines(deps.db, layer);
  if (!known) return undefined;
  const text = new TextDecoder().decode(await readCompressed(deps.storage, blobRef(known), known.unpacked_bytes));
  const lines = text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as DependencyLine)));
  return { summary: known.summary as unknown as DependencySummary, lines };
}

/** The parts that a layer looks at, and what their files depend on. */
async function* partsOf(deps: NeededDeps, { sourceId, revision, definition }: LayerState): AsyncGenerator<PartDepends> {
  const wanted = lookedAtSubdirs(definition.mirror?.filters ?? {});
  for (const subdir of await partSubdirs(deps.db, sourceId)) {
    if (wanted.length > 0 && !wanted.includes(subdir)) continue;
    const part = { source_id: sourceId, subdir };
    const facts = await sourceFacts(deps, part, revision);
    if (facts) yield { facts, depends: recordDepends(deps, part, revision, facts) };
  }
}

/** Up to so many names, their records are read instead of all. */
const fewNames = 1000;

/**
 * What the files of a part depend on, read from its records at `revision`, whose facts these are: those of few names where they
 * lie, and once all of them when more is asked for.
 */
export function recordDepends(deps: Pick<AdmitDeps, 'pool'>, part: Part, revision: number, facts: Facts): Depends {
  let held: DependsList | undefined;
  const read = async (copy: string, fileColumn: number, take: (row: number, depends: readonly string[]) => void) => {
    const rowOf = fileRowsOf(facts);
    const depends = dependsOf(part.subdir);
    await withSession(deps.pool, async ({ client }) => {
      for await (const batch of copyOut(client, copy)) {
        for (let i = 0; i < batch.length; i++) {
          const row = rowOf(batch.text(i, fileColumn)!);
          if (row >= 0) take(row, depends(batch.bytes(i, 2)!));
        }
      }
    });
  };
  return {
    async each(isWanted, take) {
      const wanted = held ? undefined : wantedRows(facts, isWanted);
      if (wanted?.names.length === 0) return;
      if (wanted && wanted.names.length <= fewNames) {
        const copy = copyRecordsOf(part, revision, wanted.names);
        return read(copy, 0, (row, depends) => wanted.rows[row] === 1 && take(row, depends));
      }
      if (!held) {
        const all = dependsList();
        await read(copyLiveRecords([{ ...part, revision }], ''), 1, all.add);
        held = all;
      }
      await held.each(isWanted, take);
    },
  };
}

function wantedRows({ count, names, name }: Facts, isWanted: (row: number) => boolean) {
  const rows = new Uint8Array(count);
  const isNamed = new Uint8Array(names.length);
  for (let row = 0; row < count; row++) {
    if (!isWanted(row)) continue;
    rows[row] = 1;
    isNamed[name[row]!] = 1;
  }
  return { rows, names: names.filter((_, id) => isNamed[id] === 1) };
}

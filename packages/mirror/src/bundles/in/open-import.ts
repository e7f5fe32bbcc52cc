import {
  type BundleRow,
  bundleParts,
  type Db,
  findImport,
  insertBundle,
  lastImport,
  lockImportsOf,
  saveBundle,
  saveBundleParts,
} from '@sluice/catalog';
import type { Manifest } from '@sluice/formats/bundle';
import { sha256ToBytes } from '@sluice/formats/digest';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { enqueueBundleSlice } from '../enqueue-slice.ts';
import { type ImportDefinition, inWork } from './place.ts';

/** A part that lies in a file, its manifest believed. */
export interface FoundPart {
  path: string;
  manifest: Manifest;
}

type OpenDeps = Pick<BundleDeps, 'db' | 'now' | 'newId'>;

/**
 * Begin the import of a bundle with the parts that are here, or add them to one that was begun: it goes on, also one that was
 * stopped or had failed.
 *
 * @param parts of one bundle; none of them may be here yet.
 * @param first the manifest of any part.
 * @throws {MirrorError} `bundle_replayed` when this bundle or a later one of its series is in already; `bundle_mixed` when two parts
 *   say different things of one bundle.
 */
export async function openImport(
  deps: OpenDeps,
  parts: readonly FoundPart[],
  by: { from: string; actor: string },
  first = parts[0]!.manifest,
): Promise<BundleRow> {
  const { issuer, series, serial, base } = first;
  for (const part of parts) mustAgree(definitionOf(first, by.from), part);
  return deps.db.transaction().execute(async (trx) => {
    await lockImportsOf(trx, { issuer, series });
    refuseReplay(first, await lastImport(trx, { issuer, series }));
    const definition = definitionOf(first, by.from);
    const known = await findImport(trx, { issuer, series }, serial);
    if (known) mustAgree(inWork(known).definition, { path: parts[0]?.path ?? 'The manifest', manifest: first });
    const row =
      known ??
      (await insertBundle(
        trx,
        {
          ...{ id: deps.newId(), direction: 'in', series, serial, base_serial: base, issuer, actor: by.actor },
          definition: { ...definition },
        },
        deps.now(),
      ));
    return addParts(deps, trx, row, parts);
  });
}

/** Note parts of a bundle, and have it worked on. */
async function addParts(deps: OpenDeps, trx: Db, row: BundleRow, parts: readonly FoundPart[]): Promise<BundleRow> {
  const known = await bundleParts(trx, row.id);
  const isDone = (part: number) => known.some((one) => one.part === part && one.state === 'done');
  const fresh = parts.filter(({ manifest }) => !isDone(manifest.part));
  await saveBundleParts(
    trx,
    row.id,
    fresh.map(({ path, manifest: { part, bytes, body } }) => ({
      ...{ part, bytes, sha256: Buffer.from(sha256ToBytes(body as never)), place: path, state: 'todo' as const },
    })),
  );
  const { report, definition } = inWork(row);
  const all = await bundleParts(trx, row.id);
  const told = {
    ...report,
    parts: definition.parts,
    bytes_total: all.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const isOpen = row.state === 'pending' || row.state === 'running';
  if (isOpen && row.state === 'running' && fresh.length === 0) return row;
  await saveBundle(trx, row, { state: 'pending', error: null, report: told }, deps.now());
  await enqueueBundleSlice(trx, row.id);
  return { ...row, state: 'pending', step: row.step + 1, report: told, error_code: null, error_text: null };
}

function definitionOf({ parts, created, state, contents }: Manifest, from: string): ImportDefinition {
  return { parts, created, state, contents, from };
}

function mustAgree(definition: ImportDefinition, { path, manifest }: FoundPart): void {
  for (const field of ['parts', 'created', 'state', 'contents'] as const) {
    if (definition[field] === manifest[field]) continue;
    throw new MirrorError(
      'bundle_mixed',
      `${path} is of another making of ${manifest.series} ${manifest.serial} than the other parts. Bring the parts of one.`,
      { wanted: `${field} ${definition[field]}`, found: String(manifest[field]) },
    );
  }
}

/** @throws {MirrorError} `bundle_replayed`. */
export function refuseReplay(
  { series, serial }: Pick<Manifest, 'series' | 'serial'>,
  last: BundleRow | undefined,
): void {
  if (!last || serial > last.serial) return;
  const what = serial === last.serial ? 'It is in already.' : `Bundle ${last.serial} of ${series} came in after it.`;
  throw new MirrorError('bundle_replayed', `Bundle ${serial} of ${series} is not imported again. ${what}`, {
    wanted: `a bundle later than ${last.serial}`,
    found: String(serial),
  });
}

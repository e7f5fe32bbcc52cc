import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundleRow, lastImport } from '@sluice/catalog';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { bundleWithParts } from '../out/verbs.ts';
import { believed, findParts, type RefusedPart } from './find-parts.ts';
import { incomingFolder } from './incoming-folder.ts';
import { openImport } from './open-import.ts';
import { trustedKeyTexts } from './trust.ts';

/** What came of a wish to import what lies at a path. */
export interface BegunImports {
  bundles: BundleRow[];
  /** Files, or whole bundles, that are not imported, and why. */
  refused: RefusedPart[];
}

/**
 * Import what lies at a path of the server: one part, or a folder with parts of one or more bundles, in any order. More parts may
 * come later.
 *
 * @throws {MirrorError} `source_refused`, `upstream_missing`; why the only thing that is there is not imported.
 */
export async function importPath(deps: BundleDeps, path: string, actor: string): Promise<BegunImports> {
  const found = await findParts(deps, path);
  const begun: BegunImports = { bundles: [], refused: found.refused };
  for (const parts of found.bundles) {
    try {
      begun.bundles.push(await openImport(deps, parts, { from: path, actor }));
    } catch (error) {
      if (!(error instanceof MirrorError)) throw error;
      if (found.bundles.length === 1 && found.refused.length === 0) throw error;
      begun.refused.push(...parts.map((part) => ({ path: part.path, code: error.code, message: error.message })));
    }
  }
  const [first] = begun.refused;
  if (begun.bundles.length > 0 || !first) return begun;
  throw new MirrorError(first.code as MirrorError['code'], first.message, { found: first.path });
}

/**
 * Begin an import whose parts are sent one by one.
 *
 * @param head the first kilobyte of any part.
 * @throws {MirrorError} as {@link openImport} and `believed`.
 */
export async function importSent(deps: BundleDeps, head: Uint8Array, actor: string): Promise<BundleRow> {
  const folder = incomingFolder(deps, 'heads');
  await mkdir(folder, { recursive: true });
  const path = join(folder, deps.newId());
  const handle = await open(path, 'wx');
  try {
    await handle.write(head);
    await handle.close();
    const { manifest } = await believed(path, await trustedKeyTexts(deps.db), 'head');
    return await openImport(deps, [], { from: 'sent', actor }, manifest);
  } finally {
    await rm(path, { force: true });
  }
}

/** How many bytes of a part were sent. @throws {MirrorError} `bundle_missing`. */
export async function sentBytes(deps: BundleDeps, id: string, part: number): Promise<{ bytes: number; done: boolean }> {
  const { parts } = await bundleWithParts(deps, id);
  const known = parts.find((one) => one.part === part);
  if (known && (known.state === 'done' || (await stat(known.place!).catch(() => undefined)))) {
    return { bytes: known.bytes, done: true };
  }
  const there = await stat(partialPath(deps, id, part)).catch(() => undefined);
  return { bytes: there?.size ?? 0, done: false };
}

/**
 * Take bytes of a part, from where the last ones ended.
 *
 * @param from byte of the part that comes first; more than there is, or less, is refused.
 * @param total bytes of the whole part.
 * @throws {MirrorError} `bundle_closed` when the import takes no parts, `bundle_offset`; when the last byte came what is wrong with it.
 */
export async function receivePart(
  deps: BundleDeps,
  place: { id: string; part: number; from: number; total: number },
  body: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; done: boolean }> {
  const { id, part, from, total } = place;
  const { bundle } = await bundleWithParts(deps, id);
  if (bundle.direction !== 'in' || bundle.state === 'completed') throw closed(bundle);
  const path = partialPath(deps, id, part);
  await mkdir(incomingFolder(deps, id), { recursive: true });
  const handle = await open(path, 'a');
  let size: number;
  try {
    size = (await handle.stat()).size;
    if (size !== from) throw otherOffset(part, size, from);
    for await (const chunk of body) {
      if (size + chunk.length > total) throw otherOffset(part, total, size + chunk.length);
      await handle.write(chunk);
      size += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (size < total) return { bytes: size, done: false };
  await admitSent(deps, bundle, part, path);
  return { bytes: size, done: true };
}

async function admitSent(deps: BundleDeps, bundle: BundleRow, part: number, partial: string): Promise<void> {
  try {
    const { manifest } = await believed(partial, await trustedKeyTexts(deps.db));
    const isOf =
      manifest.issuer === bundle.issuer && manifest.series === bundle.series && manifest.serial === bundle.serial;
    if (!isOf || manifest.part !== part) {
      throw new MirrorError(
        'bundle_mixed',
        `What was sent is part ${manifest.part} of ${manifest.series} ${manifest.serial}.`,
        {
          wanted: `part ${part} of ${bundle.series} ${bundle.serial}`,
          found: `part ${manifest.part} of ${manifest.series} ${manifest.serial}`,
        },
      );
    }
    const path = partial.replace(/\.partial$/, '');
    await rename(partial, path);
    await openImport(deps, [{ path, manifest }], { from: 'sent', actor: bundle.actor });
  } catch (error) {
    // It would be refused again: to be sent anew.
    if (error instanceof MirrorError) await rm(partial, { force: true });
    throw error;
  }
}

function partialPath(deps: BundleDeps, id: string, part: number): string {
  return join(incomingFolder(deps, id), `part${String(part).padStart(4, '0')}.sluice.partial`);
}

/** Refuse to forget what a series has: older bundles could come in again. @throws {MirrorError} `bundle_closed`. */
export async function mayForgetImport({ db }: Pick<BundleDeps, 'db'>, row: BundleRow): Promise<void> {
  if (row.direction !== 'in' || row.state !== 'completed') return;
  const last = await lastImport(db, { issuer: row.issuer!, series: row.series });
  if (last?.id === row.id) throw closed(row);
}

function closed({ series, serial, state }: BundleRow): MirrorError {
  const message = `Bundle ${serial} of ${series} is ${state}; it is what later ones build on.`;
  return new MirrorError('bundle_closed', message, { found: state });
}

function otherOffset(part: number, wanted: number, found: number): MirrorError {
  return new MirrorError('bundle_offset', `Of part ${part} there are ${wanted} bytes here: send what follows.`, {
    wanted: String(wanted),
    found: String(found),
  });
}

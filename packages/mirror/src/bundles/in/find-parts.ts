import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBundleManifest } from '@sluice/registry';
import { rememberedError } from '../../error-code.ts';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import type { FoundPart } from './open-import.ts';
import { bundleRefusal } from './refusal.ts';
import { trustedKeyTexts } from './trust.ts';

/** A file that is no part to be imported, and why. */
export interface RefusedPart {
  path: string;
  code: string;
  message: string;
}

/** What lies at a path: parts, by the bundle they are of, the oldest first; and what is none. */
export interface FoundParts {
  bundles: FoundPart[][];
  refused: RefusedPart[];
}

/**
 * Look for parts of bundles: in a folder (`*.sluice`), or one file.
 *
 * @throws {MirrorError} `source_refused`, `upstream_missing`; of one file what is wrong with it.
 */
export async function findParts(deps: Pick<BundleDeps, 'db' | 'guard'>, path: string): Promise<FoundParts> {
  const place = await deps.guard.path(path);
  const keys = await trustedKeyTexts(deps.db);
  if ((await stat(place)).isFile()) return { bundles: [[await believed(place, keys)]], refused: [] };
  const names = (await readdir(place)).filter((name) => name.endsWith('.sluice')).sort();
  if (names.length === 0) {
    throw new MirrorError('upstream_missing', `There is no part of a bundle (*.sluice) in ${path}.`, { found: path });
  }
  return readParts(
    names.map((name) => join(place, name)),
    keys,
  );
}

/** Read the manifests of files. */
export async function readParts(paths: readonly string[], keys: readonly string[]): Promise<FoundParts> {
  const bundles = new Map<string, FoundPart[]>();
  const refused: RefusedPart[] = [];
  for (const path of paths) {
    try {
      const part = await believed(path, keys);
      const { issuer, series, serial } = part.manifest;
      const key = `${issuer} ${series} ${serial}`;
      bundles.set(key, [...(bundles.get(key) ?? []), part]);
    } catch (error) {
      const { code, text } = rememberedError(error);
      refused.push({ path, code, message: text });
    }
  }
  const bySerial = [...bundles.values()].sort((a, b) => a[0]!.manifest.serial - b[0]!.manifest.serial);
  return { bundles: bySerial, refused };
}

/** The manifest of a file, or of the first kilobyte of one, believed. @throws {MirrorError} `bundle_cut`, `bundle_foreign`, `bundle_tampered`, `bundle_malformed`. */
export async function believed(
  path: string,
  keys: readonly string[],
  what: 'part' | 'head' = 'part',
): Promise<FoundPart> {
  try {
    return { path, manifest: await readBundleManifest(path, keys, what) };
  } catch (error) {
    throw bundleRefusal(error);
  }
}

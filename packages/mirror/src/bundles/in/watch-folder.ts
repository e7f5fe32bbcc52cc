import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { recordEvent, withFreeLock } from '@sluice/catalog';
import { rememberedError } from '../../error-code.ts';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { readParts } from './find-parts.ts';
import { openImport } from './open-import.ts';
import { trustedKeyTexts } from './trust.ts';
import { saveWatchedFiles, type WatchedFile, watchedFiles } from './watched-files.ts';

/** Who brings what is dropped into the folder. */
const system = 'system';

/** A file is still after so long: what is copied slowly is no part of a bundle yet. */
const stillMs = 4000;

/** A file that is too short may be on its way for so long. */
const patienceMs = 5 * 60_000;

/**
 * Look into `<data>/airgap` for parts of bundles (`*.sluice`) that are new, and import them. Files stay where they are; what became
 * of each is noted, and a file is looked at again when it changes. Several workers may look at once: one does.
 *
 * @returns how many files were taken or refused.
 */
export async function watchFolder(deps: BundleDeps): Promise<number> {
  await mkdir(deps.bundleFolder, { recursive: true });
  const names = await readdir(deps.bundleFolder);
  const files = names.filter((name) => /\.sluice$/.test(name) || /^cve\.zip$/i.test(name));
  const known = await watchedFiles(deps.db);
  if (files.length === 0 && known.length === 0) return 0;
  const found = await withFreeLock(deps.pool, 'file', lockNumber, () => look(deps, files));
  return found ?? 0;
}

/** A number of the space of locks of files that no file has. */
const lockNumber = -1;

async function look(deps: BundleDeps, names: readonly string[]): Promise<number> {
  const now = deps.now().getTime();
  const known = new Map((await watchedFiles(deps.db)).map((file) => [file.name, file]));
  const fresh: WatchedFile[] = [];
  for (const name of names) {
    const there = await stat(join(deps.bundleFolder, name)).catch(() => undefined);
    if (!there?.isFile()) continue;
    const before = known.get(name);
    if (before?.size === there.size && before.mtime_ms === there.mtimeMs) continue;
    // ctime, too: a copy may keep the old time of change.
    if (now - Math.max(there.mtimeMs, there.ctimeMs) < stillMs) continue;
    const at = deps.now().toISOString();
    const file = { name, size: there.size, mtime_ms: there.mtimeMs, code: null, message: '', bundle_id: null, at };
    fresh.push({ ...file, status: 'left' });
  }
  const noted = (await noteAll(deps, fresh, now)).filter((file) => file !== undefined);
  const gone = [...known.keys()].filter((name) => !names.includes(name));
  if (noted.length + gone.length === 0) return 0;
  for (const file of noted) known.set(file.name, file);
  for (const name of gone) known.delete(name);
  await deps.db.transaction().execute(async (trx) => {
    await saveWatchedFiles(trx, [...known.values()], deps.now());
    for (const { name, code, message, status } of noted) {
      if (status !== 'refused') continue;
      const event = {
        at: deps.now(),
        actor: system,
        action: 'bundle_failed',
        subject: name,
        data: { code, text: message },
      };
      await recordEvent(trx, event);
    }
  });
  return noted.length;
}

async function noteAll(
  deps: BundleDeps,
  fresh: readonly WatchedFile[],
  now: number,
): Promise<(WatchedFile | undefined)[]> {
  const parts = fresh.filter(({ name }) => name.endsWith('.sluice'));
  const paths = new Map(parts.map((file) => [join(deps.bundleFolder, file.name), file]));
  const { bundles, refused } = await readParts([...paths.keys()], await trustedKeyTexts(deps.db));
  const results: (WatchedFile | undefined)[] = fresh.filter((file) => !parts.includes(file)).map(advisories);
  for (const { path, code, message } of refused) {
    const file = paths.get(path)!;
    const mayGrow = code === 'bundle_cut' && now - file.mtime_ms < patienceMs;
    results.push(mayGrow ? undefined : { ...file, status: 'refused', code, message });
  }
  for (const bundle of bundles) {
    const outcome = await openImport(deps, bundle, { from: deps.bundleFolder, actor: system }).then(
      ({ id }) => ({ status: 'taken' as const, bundle_id: id }),
      (error: unknown) => {
        if (!(error instanceof MirrorError)) throw error;
        const { code, text } = rememberedError(error);
        // Files stay: that one is in already is how it should be.
        return { status: code === 'bundle_replayed' ? ('taken' as const) : ('refused' as const), code, message: text };
      },
    );
    for (const { path } of bundle) results.push({ ...paths.get(path)!, ...outcome });
  }
  return results;
}

function advisories(file: WatchedFile): WatchedFile {
  const message = 'Advisories are not read by this version of Sluice; the file is left where it is.';
  return { ...file, status: 'left', code: 'advisories', message };
}

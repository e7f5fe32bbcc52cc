import { findPart, findSourceList, type Part, touchSourceList } from '@sluice/catalog';
import { admitProjectList, type Guard } from '@sluice/registry';
import type { MirrorDeps } from '../../deps.ts';
import type { Validators } from '../../fetch/validators.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { askList, type ListAnswer, projectLines } from './ask-list.ts';
import { folderNames } from './folder-page.ts';
import { simpleRoot } from './simple-root.ts';

/**
 * Bring the list of an index's projects up to what the upstream has now.
 *
 * @returns how many projects it lists.
 * @throws {MirrorError} what asking throws; then the list is as before.
 */
export async function refreshList(
  deps: MirrorDeps,
  upstream: UpstreamDeps,
  part: Part,
  guard?: Guard,
): Promise<number> {
  const root = await simpleRoot(upstream, (await findPart(deps.db, part))?.base_url);
  const known = await findSourceList(deps.db, part);
  const answer = await askProjects(upstream, root, known && { etag: known.etag, lastModified: known.last_modified });
  if (answer.status === 'unchanged') {
    await deps.db.transaction().execute(async (trx) => {
      await touchSourceList(trx, part, deps.now());
      await guard?.(trx);
    });
    return known?.names ?? 0;
  }
  const { lines, etag, lastModified } = answer;
  await admitProjectList(deps, { part, lines, etag, lastModified, guard });
  return lines.length;
}

/** Ask an index for the list of its projects, over http or in a folder. @throws {MirrorError} as `askList`. */
export async function askProjects(
  upstream: UpstreamDeps,
  root: string,
  known: Validators | undefined,
): Promise<ListAnswer> {
  if (!root.startsWith('file:')) return askList(upstream, root, known);
  return { status: 'list', lines: projectLines(await folderNames(upstream, root)), etag: null, lastModified: null };
}

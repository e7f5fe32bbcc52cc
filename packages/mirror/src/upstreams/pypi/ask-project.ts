import type { Validators } from '../../fetch/validators.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { askPage, type PageAnswer } from './ask-page.ts';
import { folderPage } from './folder-page.ts';

/** Ask an index for a project's page, over http or in a folder. @throws {MirrorError} as `askPage` and `folderPage`. */
export function askProject(
  deps: UpstreamDeps,
  root: string,
  name: string,
  known: Validators | undefined,
  attempts?: number,
): Promise<PageAnswer> {
  return root.startsWith('file:') ? folderPage(deps, root, name, known) : askPage(deps, root, name, known, attempts);
}

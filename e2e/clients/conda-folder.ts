import { writeCondaPackages } from '@sluice/testkit';
import { runCondaIndex } from './conda-index.ts';

/**
 * Make an upstream channel of the 47 real packages, indexed by conda-index itself: `repodata.json`, `.zst`,
 * `current_repodata.json`, `run_exports.json`, `channeldata.json` and shards. Without Python, testkit's
 * `writeCondaChannel` makes the same `repodata.json` and `run_exports.json` from what it wrote once.
 */
export async function makeCondaFolder(python: string, folder: string): Promise<void> {
  writeCondaPackages(folder);
  await runCondaIndex(python, folder, {
    zst: true,
    runExports: true,
    channelData: true,
    currentRepodata: true,
    shards: true,
  });
}

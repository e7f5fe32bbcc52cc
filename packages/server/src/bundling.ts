import { join } from 'node:path';
import { type BundleDeps, createCompanions, type FileFetcher, type MirrorDeps } from '@sluice/mirror';
import { changedVersions, listedVersions, ownChangedNames, publishedParts } from '@sluice/publish';
import type { Config } from './config/read-config.ts';

/** Build what bundles are made with: mirroring, and publish's reading of what channels show. */
export function createBundling(config: Config, mirroring: MirrorDeps, fetcher: FileFetcher): BundleDeps {
  return {
    ...mirroring,
    fetcher,
    companions: createCompanions(mirroring, fetcher),
    publishedParts: (channelId, no) => publishedParts(mirroring, channelId, no),
    listedVersions: (wish) => listedVersions(mirroring, wish),
    changedVersions: (wish) => changedVersions(mirroring, wish),
    ownChangedNames: (wish) => ownChangedNames(mirroring, wish),
    bundleFolder: join(config.data.folder, 'airgap'),
  };
}

import { findChannelById } from '@sluice/catalog';
import type { DryRunDeps, MirrorDeps } from '@sluice/mirror';
import { type ClosureDeps, metBeside } from '@sluice/publish';
import { type NeededDeps, neededFiles, recordDepends } from '@sluice/registry';

/** What checking a channel for what its packages depend on works with. */
export function closureDeps(deps: NeededDeps): ClosureDeps {
  return {
    ...deps,
    neededFiles: (layer) => neededFiles(deps, layer),
    dependsOf: (part, revision, facts) => recordDepends(deps, part, revision, facts),
  };
}

/** What a dry run works with that knows what else its channel has. */
export function dryRunDeps(deps: MirrorDeps): DryRunDeps {
  return {
    ...deps,
    async metBeside(channelId, mirrorId, subdir, specs) {
      const channel = await findChannelById(deps.db, channelId);
      return channel ? metBeside(closureDeps(deps), channel, mirrorId, subdir, specs) : new Set();
    },
  };
}

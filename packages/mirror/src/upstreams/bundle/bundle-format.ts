import { MirrorError } from '../../errors.ts';
import type { UpstreamFormat } from '../index.ts';

/** What bundles bring: nobody can be asked for more of it. */
export const bundleFormat: UpstreamFormat = {
  refresh: async () => {
    throw new MirrorError(
      'source_refused',
      'This mirror shows what bundles bring: it has no upstream to ask. Import the next bundle (npx sluice bundle import).',
      { wanted: 'a mirror with an upstream', found: 'a mirror of bundles' },
    );
  },
  locator:
    () =>
    async ({ file }) => {
      throw new MirrorError(
        'upstream_missing',
        `${file} came in a bundle, and its bytes are not here any more. Have a full bundle made, and import it.`,
        { found: file },
      );
    },
};

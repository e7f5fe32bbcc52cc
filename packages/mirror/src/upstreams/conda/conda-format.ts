import { findPart } from '@sluice/catalog';
import { refreshSource } from '../../run/refresh-source.ts';
import type { UpstreamFormat } from '../index.ts';
import { packageLocation } from './locate.ts';

/** A conda channel: subdirs with their indexes, whole packages beside them. */
export const condaFormat: UpstreamFormat = {
  refresh: refreshSource,
  locator({ db }, { address }) {
    const bases = new Map<string, Promise<string | null>>();
    return async ({ part, file }) => {
      let base = bases.get(part.subdir);
      if (!base) {
        base = findPart(db, part).then((known) => known?.base_url ?? null);
        bases.set(part.subdir, base);
      }
      return packageLocation(address, part.subdir, file, await base);
    };
  },
};

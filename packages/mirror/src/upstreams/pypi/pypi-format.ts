import type { UpstreamFormat } from '../index.ts';
import { describedFile, linkLocation } from './locate.ts';
import { refreshIndex } from './refresh-index.ts';

/** A Python index: a list of projects, a page for each, files wherever the pages say. @see PEP 503, PEP 691 */
export const pypiFormat: UpstreamFormat = {
  refresh: refreshIndex,
  locator:
    (deps, { address }) =>
    async (listed) => {
      const { described, pageUrl } = await describedFile(deps, listed);
      return linkLocation(address, pageUrl, described.url, listed.file);
    },
};

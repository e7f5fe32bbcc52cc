import { ServerError } from '../../../errors.ts';
import { placeName } from '../place.ts';
import type { RepoProtocol } from '../repo-protocol.ts';
import { sendAnswer } from '../send-answer.ts';
import type { SendFileDeps } from '../send-file.ts';
import { type CranRequest, parseCranPath } from './cran-path.ts';
import { deriveIndexes } from './derived-index.ts';
import { type IndexDeps, indexAnswer } from './index-answer.ts';
import { type ReceivePackageDeps, receivePackage } from './receive-package.ts';
import { sendLinuxPackage, sendPackage } from './send-package.ts';

/** What the door for R works with. */
export type CranDoorDeps = Omit<IndexDeps, 'derive'> & SendFileDeps & ReceivePackageDeps;

/** The protocol of CRAN: trees of packages with PACKAGES, below `cran/`. @see R's `available.packages` */
export function cranDoor(deps: CranDoorDeps): RepoProtocol {
  const requestOf = (rest: string) => parseCranPath(rest.slice('cran/'.length));
  const indexDeps = { ...deps, derive: deriveIndexes(deps.storage) };
  return {
    segments: ['cran'],
    derivesPast: true,
    uploads: (rest) => (putAt(requestOf(rest)) ? ['PUT'] : []),
    async serve(place, { rest }, request, response) {
      const wanted = requestOf(rest);
      // A genuine 404, never a page: R would take that for an index.
      if (!wanted) throw new ServerError('file_missing', `Channel ${placeName(place)} has nothing at "${rest}".`);
      if (wanted.kind === 'index') {
        return sendAnswer(deps, request, response, await indexAnswer(indexDeps, place, wanted, request));
      }
      // What a derived index lists are files of the head.
      const from = place.at?.no === 0 ? { ...place, at: undefined } : place;
      if (isLinux(wanted)) return sendLinuxPackage(deps, from, wanted, request, response);
      return sendPackage(deps, from, wanted, request, response);
    },
    receive: (place, { rest }, request, response) =>
      receivePackage(deps, place, putAt(requestOf(rest))!, request, response),
  };
}

function isLinux(wanted: CranRequest): wanted is CranRequest & { kind: 'file'; distribution: string } {
  return wanted.distribution !== undefined;
}

/** Where a package is put: at a tree's own address, also that of a tree of Linux binaries. */
function putAt(wanted: CranRequest | undefined): (CranRequest & { kind: 'file' }) | undefined {
  return wanted?.kind === 'file' && !isLinux(wanted) ? wanted : undefined;
}

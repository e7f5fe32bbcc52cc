import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CranTree, parseCranTree, parseRUserAgent } from '@sluice/formats/cran';
import { cranPart } from '@sluice/formats/package';
import type { Place } from '../place.ts';
import { type SendFileDeps, sendFile } from '../send-file.ts';
import type { CranRequest } from './cran-path.ts';

const contentTypes = { 'tar.gz': 'application/gzip', tgz: 'application/gzip', zip: 'application/zip' };

/** Answer with an R package of one tree. @throws as {@link sendFile}. */
export function sendPackage(
  deps: SendFileDeps,
  place: Place,
  { tree, file }: { tree: CranTree; file: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const contentType = contentTypes[tree.extension];
  const wanted = { part: cranPart(tree.path), file, contentType, shown: `cran/${tree.path}/${file}` };
  return sendFile(deps, place, wanted, request, response);
}

/**
 * Answer with a package for a Linux distribution: built for the client's R where the channel has it, else its sources, at
 * one address. R installs either, since a built package says so itself.
 *
 * @see Posit Package Manager, "Serving Linux binaries"
 */
export async function sendLinuxPackage(
  deps: SendFileDeps,
  place: Place,
  { tree, file, distribution }: CranRequest & { kind: 'file'; distribution: string },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const client = parseRUserAgent(request.headers['user-agent']);
  const built = client && parseCranTree(`__linux__/${distribution}/${client.minor}`);
  const isBuilt =
    built !== undefined &&
    (await deps.judge(place.channel.id, place.at?.no, cranPart(built.path), file)).status === 'served';
  response.setHeader('X-Package-Type', isBuilt ? 'binary' : 'source');
  if (isBuilt) response.setHeader('X-Package-Binary-Tag', `${client?.minor}-${distribution}`);
  const vary = place.vary ? `User-Agent, ${place.vary}` : 'User-Agent';
  // The table of hot answers knows an answer by its address alone.
  const unkept = { ...deps, onReady: () => {} };
  return sendPackage(unkept, { ...place, vary }, { tree: isBuilt ? built : tree, file }, request, response);
}

import { createHash } from 'node:crypto';
import type { Figures } from '../bench.ts';
import { medians } from '../measure.ts';
import { type AskedPath, type Load, loadAll } from '../serve/load.ts';
import { copyOf, type Hosted } from './hosted.ts';
import type { Peer } from './peers.ts';
import { htmlHeaders, listedFiles, pipHeaders, rawAnswer } from './pip.ts';
import type { Wheel } from './projects.ts';

/** Who is asked: Sluice with its token, nginx with copies of its answers, and other indexes of the same projects. */
export interface Asked {
  readonly sluice: string;
  readonly nginx: string;
  readonly peers: readonly Peer[];
  readonly hosted: Hosted;
  readonly wheels: readonly Wheel[];
}

/** How they are asked. */
export interface PagesOptions {
  readonly runs: number;
  readonly seconds: number;
  readonly connections: number;
  /** Where who asks is kept; the servers are kept elsewhere. */
  readonly core: number;
  log(line: string): void;
}

/** Ask all for all pages, in turn, one server at a time. Check first that they say the same. */
export async function comparePages(asked: Asked, options: PagesOptions): Promise<Figures> {
  const { sluice, nginx, peers, hosted } = asked;
  const [ours, copies] = await samePages(asked);
  for (const peer of peers) await sameProjects(asked, peer);
  const pip = pipHeaders(hosted.token);
  const at = { core: options.core, connections: options.connections, seconds: options.seconds };
  const plain = (paths: readonly AskedPath[]) => paths.map(({ path }) => ({ path }));
  const askPeer = (peer: Peer) => {
    const paths = projectsOf(asked.wheels).map((project) => ({ path: peer.pagePath(project) }));
    return loadAll(peer.url, paths, { ...at, headers: pipHeaders() });
  };
  // Servers run for weeks: none is measured in its first second.
  await loadAll(sluice, plain(ours), { ...at, seconds: 1, headers: pip });
  await loadAll(nginx, plain(copies), { ...at, seconds: 1, headers: {} });
  const runs: Figures[] = [];
  for (let run = 0; run < options.runs; run++) {
    const page = await loadAll(sluice, plain(ours), { ...at, headers: pip });
    const nginxPage = await loadAll(nginx, plain(copies), { ...at, headers: pipHeaders() });
    const same = await loadAll(sluice, ours, { ...at, headers: pip });
    const nginxSame = await loadAll(nginx, copies, { ...at, headers: pipHeaders() });
    const html = await loadAll(sluice, plain(ours), { ...at, headers: { ...pip, ...htmlHeaders } });
    const others: [Peer, Load][] = [];
    for (const peer of peers) others.push([peer, await askPeer(peer)]);
    const best = Math.max(...others.map(([, { per_s }]) => per_s));
    runs.push({
      page_ratio: page.per_s / nginxPage.per_s,
      not_modified_ratio: same.per_s / nginxSame.per_s,
      html_ratio: html.per_s / nginxPage.per_s,
      ...(others.length > 0 && { peer_ratio: page.per_s / best }),
      page_per_s: page.per_s,
      page_p99_ms: page.p99_ms,
      not_modified_per_s: same.per_s,
      html_per_s: html.per_s,
      nginx_page_per_s: nginxPage.per_s,
      nginx_not_modified_per_s: nginxSame.per_s,
      ...Object.fromEntries(others.map(([{ name }, { per_s }]) => [`${name}_page_per_s`, per_s])),
    });
    options.log(`pages, run ${run + 1}: ${JSON.stringify(runs[run])}`);
  }
  return medians(runs);
}

function projectsOf(wheels: readonly Wheel[]): string[] {
  return [...new Set(wheels.map(({ project }) => project))];
}

/**
 * Check that Sluice and nginx give the same bytes, say 304 to who has them, and Sluice nothing without the token.
 *
 * @returns the pages of each with their ETags.
 */
async function samePages({ sluice, nginx, hosted, wheels }: Asked): Promise<[AskedPath[], AskedPath[]]> {
  const [ours, copies]: [AskedPath[], AskedPath[]] = [[], []];
  const wanted = Map.groupBy(wheels, ({ project }) => project);
  for (const page of hosted.pages) {
    const headers = pipHeaders(hosted.token);
    const mine = await askTwice(sluice + page, headers);
    const theirs = await askTwice(nginx + copyOf(page), {});
    if (!mine.bytes.equals(theirs.bytes)) throw new Error(`${page} is not the same from Sluice and from nginx.`);
    if ((await fetch(sluice + page, { headers: pipHeaders() })).status !== 401)
      throw new Error(`${page} should ask for a token.`);
    const files = wanted.get(page.split('/').at(-2)!)!;
    const [inJson, inHtml] = [
      await listedFiles(sluice + page, headers),
      await listedFiles(sluice + page, { ...headers, ...htmlHeaders }),
    ];
    checkFiles(page, inJson, files);
    checkFiles(`${page} in HTML`, inHtml, files);
    ours.push({ path: page, etag: mine.etag });
    copies.push({ path: copyOf(page), etag: theirs.etag });
  }
  return [ours, copies];
}

async function askTwice(url: string, headers: Record<string, string>): Promise<{ bytes: Buffer; etag: string }> {
  const { status, etag, bytes } = await rawAnswer(url, headers);
  if (status !== 200 || etag === undefined) throw new Error(`${url} answered ${status}, ETag ${etag}.`);
  const again = await rawAnswer(url, { ...headers, 'If-None-Match': etag });
  if (again.status !== 304) throw new Error(`${url} should be 304 to who has it, and was ${again.status}.`);
  return { bytes, etag };
}

/** Check that a peer lists the very files of each project. */
async function sameProjects({ wheels }: Asked, peer: Peer): Promise<void> {
  for (const [project, files] of Map.groupBy(wheels, (wheel) => wheel.project)) {
    checkFiles(`${project} at ${peer.name}`, await listedFiles(peer.url + peer.pagePath(project), pipHeaders()), files);
  }
}

function checkFiles(where: string, listed: ReadonlyMap<string, string>, wheels: readonly Wheel[]): void {
  const wrong = wheels.find(({ fileName, bytes }) => listed.get(fileName) !== sha256(bytes));
  if (wrong === undefined && listed.size === wheels.length) return;
  throw new Error(`${where} lists ${listed.size} files of ${wheels.length}; wrong: ${wrong?.fileName ?? 'none'}.`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

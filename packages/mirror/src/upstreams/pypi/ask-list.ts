import { FormatError } from '@sluice/formats/errors';
import { createProjectListScanner, normaliseProjectName } from '@sluice/formats/pypi';
import { MirrorError } from '../../errors.ts';
import { gunzipped } from '../../fetch/gunzipped.ts';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import { conditionalHeaders, type Validators } from '../../fetch/validators.ts';
import { redact } from '../../redact.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { saysIndex } from './ask-page.ts';
import { simpleAccept, simpleUrl } from './simple-root.ts';

/** The projects an index lists, or that they are the same as last time. */
export type ListAnswer = ({ status: 'list'; lines: string[] } & Validators) | { status: 'unchanged' };

/** More than the largest index has, several times over. */
const mostBytes = 1024 ** 3;

/**
 * Ask an index over http for the list of its projects, read as it comes in.
 *
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws; `upstream_malformed`.
 */
export async function askList(deps: UpstreamDeps, root: string, known: Validators | undefined): Promise<ListAnswer> {
  const validators = conditionalHeaders(known);
  const answer = await deps.http.open({
    url: simpleUrl(deps, root, ''),
    headers: { accept: simpleAccept, 'accept-encoding': 'gzip', ...validators },
    signal: deps.signal,
  });
  const place = redact(answer.url);
  if (answer.status !== 200) {
    await answer.discard();
    if (answer.status === 304 && Object.keys(validators).length > 0) return { status: 'unchanged' };
    throw notList(place, 'status 200', `status ${answer.status}`);
  }
  const names = await readNames(deps, answer, place);
  return {
    status: 'list',
    lines: projectLines(names),
    etag: answer.headers.etag ?? null,
    lastModified: answer.headers['last-modified'] ?? null,
  };
}

/**
 * Projects as lines in byte order, each once: the normalised name, behind a tab the name as written where it is another. There may be
 * hundreds of thousands, so there is one text for each, and nothing beside.
 */
export function projectLines(names: string[]): string[] {
  const lines = names.map((name) => {
    const normalised = normaliseProjectName(name);
    return normalised === name ? name : `${normalised}\t${name}`;
  });
  // A tab comes before all that names have, so this is the order of the normalised names.
  lines.sort((a, b) => (a < b ? -1 : 1));
  return lines.filter((line, i) => i === 0 || projectOfLine(line) !== projectOfLine(lines[i - 1]!));
}

/** The normalised name in a line. */
export function projectOfLine(line: string): string {
  const cut = line.indexOf('\t');
  return cut === -1 ? line : line.slice(0, cut);
}

async function readNames(deps: UpstreamDeps, answer: HttpAnswer, place: string): Promise<string[]> {
  const type = (answer.headers['content-type'] ?? 'text/html').split(';', 1)[0]!.trim().toLowerCase();
  const form = type.endsWith('json') ? 'json' : type.endsWith('html') ? 'html' : undefined;
  if (!form) {
    await answer.discard();
    throw notList(place, 'JSON or HTML', type.slice(0, 80));
  }
  const names: string[] = [];
  const scanner = createProjectListScanner(form, (name) => names.push(name));
  let size = 0;
  let beginning = '';
  try {
    for await (const piece of unpacked(answer)) {
      deps.signal?.throwIfAborted();
      size += piece.length;
      if (size > mostBytes) throw notList(place, `at most ${mostBytes} bytes`, 'more');
      if (beginning.length < longestHead) beginning += Buffer.from(piece).toString('latin1');
      scanner.push(piece);
    }
    scanner.end();
  } catch (cause) {
    if (cause instanceof FormatError)
      throw notList(place, cause.wanted ?? 'a list of projects', cause.found ?? 'something else', cause);
    if (isNotGzip(cause)) throw notList(place, 'gzip', 'other bytes', cause);
    throw cause;
  }
  if (form === 'html' && names.length === 0 && !saysIndex.test(beginning))
    throw notList(place, 'links to projects', 'a page without any');
  return names;
}

/** So much of a page is looked at for what it says it is. */
const longestHead = 64 * 1024;

function unpacked({ headers, body }: HttpAnswer): AsyncIterable<Uint8Array> {
  return headers['content-encoding'] === 'gzip' ? gunzipped(body) : body;
}

/** Whether what came was not gzip after all, or ends too early. */
function isNotGzip(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function notList(place: string, wanted: string, found: string, cause?: unknown): MirrorError {
  return new MirrorError(
    'upstream_malformed',
    `${place} is not the list of an index's projects: wanted ${wanted}, found ${found}. Nothing of it was taken.`,
    { wanted, found, cause },
  );
}

import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { FormatError } from '@sluice/formats/errors';
import { normaliseProjectName, readSimpleHtml, readSimpleJson, type SimplePage } from '@sluice/formats/pypi';
import { MirrorError } from '../../errors.ts';
import type { HttpAnswer } from '../../fetch/http-client.ts';
import { conditionalHeaders, type Validators } from '../../fetch/validators.ts';
import { redact } from '../../redact.ts';
import { readBounded } from '../read-bounded.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { storedUrl } from './locate.ts';
import { simpleAccept, simpleUrl } from './simple-root.ts';

/** The page of the project with the most files has some 20 MB. */
const mostBytes = 128 * 1024 * 1024;

/** A project's page, read. `url`: where it came from in the end, without secrets; addresses in it are relative to that. */
export interface AskedPage extends Validators {
  page: SimplePage;
  url: string;
  sha256: Uint8Array;
}

/** What an index has for one project: its page, the same as last time, or no such project. */
export type PageAnswer = { status: 'page'; asked: AskedPage } | { status: 'unchanged' } | { status: 'absent' };

/**
 * Ask an index over http for a project's page, with the validators of last time.
 *
 * @param root of its simple pages, as `simpleRoot` gives it.
 * @param name normalised.
 * @throws {MirrorError} what {@link UpstreamDeps.http} throws; `upstream_malformed` for anything that is not this project's page.
 * @see PEP 503, PEP 691
 */
export async function askPage(
  deps: UpstreamDeps,
  root: string,
  name: string,
  known: Validators | undefined,
  attempts?: number,
): Promise<PageAnswer> {
  const validators = conditionalHeaders(known);
  let answer: HttpAnswer;
  try {
    answer = await deps.http.open({
      url: simpleUrl(deps, root, `${name}/`),
      headers: { accept: simpleAccept, 'accept-encoding': 'gzip', ...validators },
      signal: deps.signal,
      ...(attempts === undefined ? {} : { attempts }),
    });
  } catch (error) {
    if (error instanceof MirrorError && error.code === 'upstream_missing') return { status: 'absent' };
    throw error;
  }
  const place = redact(answer.url);
  if (answer.status !== 200) {
    await answer.discard();
    // Who was not told what is known here cannot know that it is still the same.
    if (answer.status === 304 && Object.keys(validators).length > 0) return { status: 'unchanged' };
    throw notPage(place, 'status 200', `status ${answer.status}`);
  }
  const body = unpacked(await readBounded(answer.body, mostBytes, place), answer, place);
  const url = storedUrl(answer.url, deps.address.secret);
  const page = readPage(body, answer.headers['content-type'], name, url);
  return {
    status: 'page',
    asked: {
      page,
      url,
      sha256: createHash('sha256').update(body).digest(),
      etag: answer.headers.etag ?? null,
      lastModified: answer.headers['last-modified'] ?? null,
    },
  };
}

/**
 * Read a page by what it says it is.
 *
 * @param url where it was, without secrets.
 * @throws {MirrorError} `upstream_malformed`.
 */
export function readPage(body: Uint8Array, contentType: string | undefined, name: string, url: string): SimplePage {
  const place = redact(url);
  const type = (contentType ?? 'text/html').split(';', 1)[0]!.trim().toLowerCase();
  const isJson = type.endsWith('json');
  if (!isJson && !type.endsWith('html')) throw notPage(place, 'JSON or HTML', type.slice(0, 80));
  let page: SimplePage;
  try {
    page = isJson ? readSimpleJson(body) : readSimpleHtml(body, url);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw notPage(place, cause.wanted ?? 'a project page', cause.found ?? 'something else', cause);
  }
  if (page.name !== undefined && normaliseProjectName(page.name) !== name)
    throw notPage(place, name, page.name.slice(0, 80));
  // A page that does not say whose it is may be anybody's, and what it does not list goes.
  const [first] = page.files;
  if (page.name === undefined && first && !page.files.some(({ filename }) => isOf(name, filename)))
    throw notPage(place, `files of ${name}`, first.filename.slice(0, 80));
  if (!isJson && page.files.length === 0 && !saysIndex.test(Buffer.from(body).toString('latin1')))
    throw notPage(place, 'links to files', 'a page without any');
  return page;
}

/** Whether a file may be of a project, also where its name follows no standard, as those of eggs and installers. */
function isOf(name: string, filename: string): boolean {
  return normaliseProjectName(filename).startsWith(name);
}

/** An empty page must say what it is: a proxy's page of excuses has no links to files either. */
export const saysIndex = /pypi:repository-version|Links for |Index of |Simple index/i;

function unpacked(body: Uint8Array, { headers }: HttpAnswer, place: string): Uint8Array {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw notPage(place, 'gzip', encoding.slice(0, 80));
  try {
    return gunzipSync(body, { maxOutputLength: mostBytes });
  } catch (cause) {
    throw notPage(place, 'gzip', 'other bytes', cause);
  }
}

function notPage(place: string, wanted: string, found: string, cause?: unknown): MirrorError {
  return new MirrorError(
    'upstream_malformed',
    `${place} is not the page of that project: wanted ${wanted}, found ${found}. Nothing of it was taken.`,
    { wanted, found, cause },
  );
}

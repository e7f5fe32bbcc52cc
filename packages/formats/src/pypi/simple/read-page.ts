import { FormatError } from '../../errors.ts';
import type { SimpleForm } from './negotiate.ts';
import { readSimpleHtml } from './read-html.ts';
import { readSimpleJson } from './read-json.ts';
import type { SimplePage } from './simple-page.ts';

/** What to ask an index for: JSON where it has that. As pip asks. */
export const SIMPLE_ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

/**
 * The form of what an index answered, by its content type: not every index has the form it was asked for.
 *
 * @throws {FormatError} `simple_malformed`: neither, `simple_version`: of another version of the API.
 * @see PEP 691, "Content Types"
 */
export function simpleFormOf(contentType: string | undefined): SimpleForm {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  const [, version, form] = /^application\/vnd\.pypi\.simple\.(v\d+)\+(json|html)$/.exec(type) ?? [];
  if (version === 'v1') return form as SimpleForm;
  if (version !== undefined) throw refusal('simple_version', type, 'is of another version');
  if (type === 'text/html' || type === 'application/xhtml+xml' || type === '') return 'html';
  if (type === 'application/json') return 'json';
  throw refusal('simple_malformed', type, 'is no page of a package index');
}

/**
 * Read a project's page in whichever form it came.
 *
 * @param contentType the header.
 * @param pageUrl where the page was read, after redirects. Addresses in JSON stay as they are, those in HTML are made absolute.
 * @throws {FormatError} as {@link simpleFormOf} and the readers of both forms.
 */
export function readSimplePage(document: Uint8Array, contentType: string | undefined, pageUrl: string): SimplePage {
  return simpleFormOf(contentType) === 'json' ? readSimpleJson(document) : readSimpleHtml(document, pageUrl);
}

function refusal(code: 'simple_malformed' | 'simple_version', type: string, why: string): FormatError {
  return new FormatError(code, `What the index answered ${why}: "${type.slice(0, 100)}".`, {
    wanted: 'application/vnd.pypi.simple.v1+json or text/html',
    found: type.slice(0, 100),
  });
}

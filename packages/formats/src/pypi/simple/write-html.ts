import type { SimpleFile, SimplePage } from './simple-page.ts';
import { SIMPLE_API_VERSION } from './write-json.ts';

/**
 * A project's page in HTML, of what its JSON says.
 *
 * @see PEP 503, PEP 592 (yanked), PEP 629 (version), PEP 658 and 714 (metadata), PEP 740 (provenance), PEP 792 (status)
 */
export function writeSimpleHtml(page: Pick<SimplePage, 'name' | 'status' | 'statusReason' | 'files'>): string {
  const title = `Links for ${page.name ?? ''}`;
  const head = [
    meta('pypi:repository-version', SIMPLE_API_VERSION),
    meta('pypi:project-status', page.status),
    ...(page.statusReason === undefined ? [] : [meta('pypi:project-status-reason', page.statusReason)]),
  ];
  const files = page.status === 'quarantined' ? [] : page.files;
  return `${htmlHead(title, head)}<h1>${escapeHtml(title)}</h1>\n${files.map(anchor).join('')}${HTML_END}`;
}

/** What comes before the body of a page, in HTML 5. */
function htmlHead(title: string, meta: readonly string[]): string {
  return `<!DOCTYPE html>\n<html>\n<head>\n${meta.join('')}<title>${escapeHtml(title)}</title>\n</head>\n<body>\n`;
}

const HTML_END = '</body>\n</html>\n';

/** A line of the head. */
function meta(name: string, content: string): string {
  return `<meta name="${name}" content="${escapeHtml(content)}">\n`;
}

/** Text between tags or in a quoted attribute. */
function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function anchor(file: SimpleFile): string {
  const { hashes, coreMetadata, yanked } = file;
  const [algorithm, digest] = bestHash(hashes);
  const metadata =
    typeof coreMetadata === 'object' ? `sha256=${coreMetadata.sha256}` : coreMetadata ? 'true' : undefined;
  const attributes = [
    ['href', algorithm === undefined ? file.url : `${file.url}#${algorithm}=${digest}`],
    ['data-requires-python', file.requiresPython],
    ['data-core-metadata', metadata],
    ['data-dist-info-metadata', metadata],
    ['data-yanked', yanked === false ? undefined : yanked === true ? '' : yanked],
    ['data-gpg-sig', file.gpgSig === undefined ? undefined : String(file.gpgSig)],
    ['data-provenance', file.provenance],
  ];
  const written = attributes.flatMap(([name, value]) => (value === undefined ? [] : `${name}="${escapeHtml(value)}"`));
  return `<a ${written.join(' ')}>${escapeHtml(file.filename)}</a><br>\n`;
}

/** A URL has room for one digest: SHA-256, else whichever installers take. */
function bestHash(hashes: SimpleFile['hashes']): readonly [string, string] | readonly [undefined, undefined] {
  const name = ['sha256', 'sha512', 'sha384', 'sha224', 'sha1', 'md5'].find(
    (algorithm) => hashes[algorithm] !== undefined,
  );
  return name === undefined ? [undefined, undefined] : [name, hashes[name]!];
}

import { FormatError } from '../../errors.ts';
import { decodeLoosely } from '../loose-text.ts';
import { writeSimpleFile } from './file-text.ts';
import { createHtmlScanner, type HtmlAttributes } from './html-scan.ts';
import { projectStatus, refuseLarge, refuseVersion } from './read-json.ts';
import { lastSegment, resolveUrl, splitFragment } from './resolve-url.ts';
import type { SimpleEntry, SimpleFile, SimplePage } from './simple-page.ts';

/** A piece is scanned again for each element that is passed over; of a whole page that would take for ever. */
const pieceCharacters = 64 * 1024;

/** ISO 8601 in UTC, as PEP 700 has it. */
const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Links of folder listings that are no files: the folder above, and other orders of the list. */
const navigation = /^(?:\.{0,2}\/?|\?.*|#.*)$/;

/**
 * Read a project's page in HTML. Addresses are made absolute, since the text of a file has to stand alone; names are those of the
 * addresses, which is what installers go by.
 *
 * @param pageUrl where the page was read, after redirects.
 * @throws {FormatError} `simple_malformed` (no HTML, cut off, or links of which none is a file's), `simple_version`, `simple_limit`.
 * @see PEP 503, 592, 629, 658, 714, 740, 792
 */
export function readSimpleHtml(document: Uint8Array | string, pageUrl: string): SimplePage {
  refuseLarge(document);
  const files: SimpleEntry[] = [];
  const meta = new Map<string, string>();
  let base = pageUrl;
  let links = 0;
  const scanner = createHtmlScanner({
    anchor(attributes) {
      const href = attributes.get('href')?.trim();
      if (href === undefined || navigation.test(href)) return;
      links += 1;
      const file = fileOf(attributes, href, base);
      if (file !== undefined) files.push({ ...file, text: writeSimpleFile(file) });
    },
    head(tag, attributes) {
      if (tag === 'meta') {
        meta.set(attributes.get('name')?.toLowerCase() ?? '', attributes.get('content') ?? '');
      } else if (base === pageUrl) {
        base = resolveUrl(attributes.get('href') ?? '', pageUrl) ?? pageUrl;
      }
    },
  });
  const text = typeof document === 'string' ? document : decodeLoosely(document);
  for (let at = 0; at < text.length; at += pieceCharacters) scanner.push(text.slice(at, at + pieceCharacters));
  scanner.end();
  refuseVersion({ 'api-version': meta.get('pypi:repository-version') ?? '1.0' });
  if (links > 0 && files.length === 0) {
    throw new FormatError(
      'simple_malformed',
      'The page has links, but none of them is that of a file: it may ask for a login.',
      {
        wanted: 'links to files',
        found: `${links} other links`,
      },
    );
  }
  return {
    name: undefined,
    status: projectStatus(meta.get('pypi:project-status')),
    statusReason: meta.get('pypi:project-status-reason') || undefined,
    files,
    passedOver: links - files.length,
    lastSerial: undefined,
  };
}

function fileOf(attributes: HtmlAttributes, href: string, base: string): SimpleFile | undefined {
  const resolved = resolveUrl(href, base);
  if (resolved === undefined) return undefined;
  const [url, fragment] = splitFragment(resolved);
  const filename = lastSegment(url);
  if (!/\.[a-z0-9]{2,4}$/i.test(filename) || /\.html?$/i.test(filename)) return undefined;
  const requiresPython = attributes.get('data-requires-python')?.trim();
  const gpgSig = attributes.get('data-gpg-sig');
  const provenance = attributes.get('data-provenance');
  // No standard has it, but mirrors that answer in HTML only write it, and dates are told by nothing else.
  const uploadTime = attributes.get('data-upload-time');
  return {
    filename,
    url,
    hashes: digestOf(fragment),
    ...(requiresPython ? { requiresPython } : {}),
    ...(uploadTime !== undefined && isTime.test(uploadTime) ? { uploadTime } : {}),
    yanked: attributes.has('data-yanked') && (attributes.get('data-yanked') || true),
    coreMetadata: coreMetadataOf(attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata')),
    ...(provenance ? { provenance } : {}),
    ...(gpgSig === 'true' || gpgSig === 'false' ? { gpgSig: gpgSig === 'true' } : {}),
  };
}

/** `sha256=…`, maybe among other things. */
function digestOf(fragment: string): Record<string, string> {
  const [, algorithm, hex] =
    /(?:^|&)(sha256|sha512|sha384|sha224|sha1|md5)=([0-9a-f]{32,128})(?:&|$)/i.exec(fragment) ?? [];
  return algorithm === undefined ? {} : { [algorithm.toLowerCase()]: hex!.toLowerCase() };
}

function coreMetadataOf(value: string | undefined): SimpleFile['coreMetadata'] {
  if (value === undefined) return false;
  const { sha256 } = digestOf(value);
  return sha256 === undefined ? value.toLowerCase() !== 'false' : { sha256 };
}

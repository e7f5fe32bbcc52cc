import { isJsonObject, type JsonValue, parseJsonObject } from '../../conda/json.ts';
import { countOf, textOf } from '../../conda/json-fields.ts';
import { FormatError } from '../../errors.ts';
import { decodeUtf8 } from '../../utf8.ts';
import { itemSpans, memberSpans } from './json-spans.ts';
import { viewSimpleFile } from './read-file.ts';
import type { ProjectStatus, SimpleEntry, SimplePage } from './simple-page.ts';

const mostCharacters = 128 * 2 ** 20;

/**
 * Read a project's page in JSON, the text of each file's object kept as it is.
 *
 * @throws {FormatError} `simple_malformed` (no JSON, no files), `simple_version` (of an API that is not 1.x), `simple_limit`.
 * @see PEP 691, PEP 700, PEP 792
 */
export function readSimpleJson(document: Uint8Array | string): SimplePage {
  const text = textOfDocument(document);
  const page = parseJsonObject(text, 'The page of the project', 'simple_malformed');
  refuseVersion(page.meta);
  const { files: objects } = page;
  if (!Array.isArray(objects)) throw malformed('"files", a list', 'none');
  const files: SimpleEntry[] = [];
  const spans = itemSpans(text, memberSpans(text).get('files')![0]);
  for (const [i, object] of objects.entries()) {
    const file = isJsonObject(object) ? viewSimpleFile(object) : undefined;
    if (file === undefined || file.url === '') continue;
    const [from, to] = spans[i]!;
    files.push({ ...file, text: text.slice(from, to) });
  }
  const status = isJsonObject(page['project-status']) ? page['project-status'] : {};
  return {
    name: textOf(page.name),
    status: projectStatus(status.status),
    statusReason: textOf(status.reason),
    files,
    passedOver: objects.length - files.length,
    lastSerial: isJsonObject(page.meta) ? countOf(page.meta._last_serial ?? page.meta['_last-serial']) : undefined,
  };
}

/** A status we know; anything else, which PEP 792 forbids, counts as active. */
export function projectStatus(value: JsonValue | undefined): ProjectStatus {
  return value === 'archived' || value === 'quarantined' || value === 'deprecated' ? value : 'active';
}

/** Another major version may mean anything by the same words. */
export function refuseVersion(meta: JsonValue | undefined): void {
  const version = isJsonObject(meta) ? textOf(meta['api-version']) : undefined;
  if (version === undefined || /^1(\.|$)/.test(version)) return;
  throw new FormatError(
    'simple_version',
    `The index speaks version ${version.slice(0, 20)} of the simple API; 1.x is known here.`,
    {
      wanted: '1.x',
      found: version.slice(0, 20),
    },
  );
}

/** The page of the project with the most files has some 20 MB. @throws {FormatError} `simple_limit`. */
export function refuseLarge({ length }: Uint8Array | string): void {
  if (length <= mostCharacters) return;
  throw new FormatError('simple_limit', `The page of the project is larger than ${mostCharacters} bytes.`, {
    wanted: `at most ${mostCharacters} bytes`,
    found: String(length),
  });
}

function textOfDocument(document: Uint8Array | string): string {
  refuseLarge(document);
  try {
    const text = typeof document === 'string' ? document : decodeUtf8(document);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch {
    throw malformed('UTF-8', 'other bytes');
  }
}

function malformed(wanted: string, found: string): FormatError {
  return new FormatError('simple_malformed', `This is not a project's page of a package index: wanted ${wanted}.`, {
    wanted,
    found,
  });
}

import { FormatError, type FormatErrorCode } from '../errors.ts';
import { decodeUtf8 } from '../utf8.ts';

/** Any value JSON can hold. */
export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;

/** A JSON object as parsed: no key is known to be there. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** Whether a parsed value is an object, not an array and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parse a document that must be one JSON object.
 *
 * @param what how the document is called in the error, such as `info/index.json`.
 * @throws {FormatError} `code` when it is not UTF-8, not JSON or not an object.
 */
export function parseJsonObject(document: Uint8Array | string, what: string, code: FormatErrorCode): JsonObject {
  const value = parseJson(document, what, code);
  if (isJsonObject(value)) return value;
  throw new FormatError(code, `${what} must be one JSON object.`, { wanted: 'an object', found: kindOf(value) });
}

/**
 * Parse a JSON document of any shape. A byte order mark, which JSON forbids and some tools write, is skipped.
 *
 * @throws {FormatError} `code` when it is not UTF-8 or not JSON.
 */
export function parseJson(document: Uint8Array | string, what: string, code: FormatErrorCode): JsonValue {
  try {
    const text = typeof document === 'string' ? document : decodeUtf8(document);
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as JsonValue;
  } catch (cause) {
    throw new FormatError(code, `${what} is not a JSON text in UTF-8: ask whoever built it to write it again.`, {
      wanted: 'JSON in UTF-8',
      found: cause instanceof Error ? cause.message.slice(0, 200) : 'something else',
      cause,
    });
  }
}

/** The word for a JSON value's type, as an error message calls it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/**
 * Write a value as conda-index does: keys sorted at every level, no blanks.
 *
 * Equal values give equal texts. Text beyond ASCII stays UTF-8 where conda-index writes `\uXXXX`; both are legal
 * (CEP 36) and parse alike. Keys whose value is `undefined` are left out.
 */
export function writeJson(value: JsonValue | undefined): string {
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${writeJson(value[key])}`);
  return `{${members.join(',')}}`;
}

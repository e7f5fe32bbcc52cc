import { isJsonObject, parseJsonObject } from './json.ts';
import { textsOf } from './json-fields.ts';
import { readNoarch } from './record.ts';

/** How a noarch package is linked, from `info/link.json`. */
export interface LinkJson {
  noarch: 'python' | 'generic' | undefined;
  /** `command = module:function`, only for `noarch: python`. */
  entry_points: string[];
}

/**
 * Read `info/link.json`, or `info/package_metadata.json` as it was called in 2016.
 *
 * @throws {FormatError} `link_json` when it is not a JSON object.
 */
export function parseLinkJson(document: Uint8Array | string): LinkJson {
  const { noarch } = parseJsonObject(document, 'info/link.json', 'link_json');
  if (!isJsonObject(noarch)) return { noarch: undefined, entry_points: [] };
  return { noarch: readNoarch(noarch.type), entry_points: textsOf(noarch.entry_points) };
}

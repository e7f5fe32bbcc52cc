import { isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';

/** The values of a mirror file by key, as nodes: how a number was written matters. */
export type YamlFields = ReadonlyMap<string, unknown>;

/**
 * Read a YAML text that is a map of keys at its top, or empty.
 *
 * @returns its fields, or what is wrong with it.
 */
export function readYamlFields(text: string): { fields: YamlFields } | { fault: string } {
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error) return { fault: error.message.split('\n')[0]! };
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return { fields: new Map() };
  if (!isMap(contents)) return { fault: 'it is no list of keys such as "dest_channel: anaconda"' };
  return { fields: new Map(contents.items.map(({ key, value }) => [textOfScalar(key) ?? String(key), value])) };
}

/** The text of a scalar as it was written; undefined for anything else, and for nothing. */
export function textOfScalar(node: unknown): string | undefined {
  if (!isScalar(node) || node.value === null) return undefined;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** The items of a list; of a single value that one. Nothing is an empty list. Undefined for a map. */
export function itemsOf(node: unknown): unknown[] | undefined {
  if (isSeq(node)) return node.items;
  if (isMap(node)) return undefined;
  return textOfScalar(node) === undefined ? [] : [node];
}

/** Whether a value stands there without quotes and reads as a number: `3.10`, which YAML takes for 3.1. */
export function isBareNumber(node: unknown): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN && typeof node.value === 'number';
}

/** True or false; undefined for anything else. */
export function booleanOf(node: unknown): boolean | undefined {
  return isScalar(node) && typeof node.value === 'boolean' ? node.value : undefined;
}

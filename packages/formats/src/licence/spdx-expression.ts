/// <reference path="./spdx-expression-parse.d.ts" />
import parse, { type SpdxNode } from 'spdx-expression-parse';
import { readLicenceRef } from './licence-ref.ts';
import { canonicalId } from './spdx-id.ts';
import { idLeaf, join, type LicenceTree } from './tree.ts';

/**
 * Read a licence that is an SPDX expression, forgiving the letter case of identifiers and operators and identifiers
 * that SPDX has deprecated.
 *
 * @returns undefined when it is none.
 * @see SPDX 3, "SPDX License Expressions"
 */
export function readSpdxExpression(text: string): LicenceTree | undefined {
  const canonical = text.replace(/[A-Za-z0-9.-]+\+?/g, (word) => canonicalId(word) ?? word);
  try {
    return toTree(parse(canonical));
  } catch {
    return undefined;
  }
}

function toTree(node: SpdxNode): LicenceTree {
  if ('conjunction' in node) return join(node.conjunction, [toTree(node.left), toTree(node.right)]);
  const { license, plus, exception } = node;
  return license.includes('LicenseRef-') ? readLicenceRef(license, exception) : idLeaf(license, plus, exception);
}

import { familiesOfId, type LicenceFamily } from './family.ts';

/** One licence. All its families must be allowed for it to be. */
export interface LicenceLeaf {
  kind: 'leaf';
  /** In SPDX's words; `LicenseRef-…` for what SPDX does not know. */
  spdx: string;
  /** The SPDX identifier alone, without `+` and exception; undefined when there is none. */
  id: string | undefined;
  families: readonly LicenceFamily[];
}

/** A licence expression: `and` binds to all of its parts, `or` leaves the choice. */
export type LicenceTree = LicenceLeaf | { kind: 'and' | 'or'; parts: readonly LicenceTree[] };

/** The leaf of an SPDX identifier in canonical case. */
export function idLeaf(id: string, plus = false, exception?: string): LicenceLeaf {
  const spdx = `${id}${plus ? '+' : ''}${exception === undefined ? '' : ` WITH ${exception}`}`;
  return { kind: 'leaf', spdx, id, families: familiesOfId(id) };
}

/** The leaf of a licence SPDX does not list. */
export function refLeaf(name: string, families: readonly LicenceFamily[]): LicenceLeaf {
  const slug = name.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-+|-+$/g, '');
  return { kind: 'leaf', spdx: `LicenseRef-${slug.slice(0, 80) || 'unknown'}`, id: undefined, families };
}

/** The parts under one operator, parts of the same operator merged. */
export function join(kind: 'and' | 'or', parts: readonly LicenceTree[]): LicenceTree {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]));
  return flat.length === 1 ? flat[0]! : { kind, parts: flat };
}

/** All licences of a tree, left to right. */
export function leaves(tree: LicenceTree): readonly LicenceLeaf[] {
  return tree.kind === 'leaf' ? [tree] : tree.parts.flatMap(leaves);
}

/** A tree as an SPDX expression. */
export function printTree(tree: LicenceTree): string {
  if (tree.kind === 'leaf') return tree.spdx;
  return tree.parts
    .map((part) => (part.kind === 'or' && tree.kind === 'and' ? `(${printTree(part)})` : printTree(part)))
    .join(tree.kind === 'and' ? ' AND ' : ' OR ');
}

import { type CranTree, isRPackageName, parseCranTree, parseRFileName } from '@sluice/formats/cran';

/** The index files of a tree. Those of `Meta/` are there for source packages alone. */
export type IndexFile = 'PACKAGES' | 'PACKAGES.gz' | 'PACKAGES.rds' | 'archive.rds' | 'current.rds';

/** What a client of R asks for. */
export type CranRequest =
  | { kind: 'index'; tree: CranTree; file: IndexFile; distribution: undefined }
  | { kind: 'file'; tree: CranTree; file: string; distribution: undefined }
  /** Below `__linux__/<distribution>/`: packages of the source tree, or built for it if the client says for which R. */
  | { kind: 'index'; tree: CranTree; file: IndexFile; distribution: string }
  | { kind: 'file'; tree: CranTree; file: string; distribution: string };

const packagesFiles = new Set<string>(['PACKAGES', 'PACKAGES.gz', 'PACKAGES.rds']);
const metaFiles = new Set<string>(['archive.rds', 'current.rds']);

/**
 * Read a path below `cran/`: an index, a file of a tree, or one of its archive, which may be asked for at both places.
 * Undefined when it is none.
 *
 * @see R Installation and Administration, "Setting up a package repository"; Posit Package Manager for `__linux__`
 */
export function parseCranPath(path: string): CranRequest | undefined {
  const linux = /^__linux__\/([a-z0-9][a-z0-9._-]{0,40})\/(?:latest\/)?(src\/contrib\/.+)$/.exec(path);
  const request = parseTreePath(linux?.[2] ?? path);
  return request && ({ ...request, distribution: linux?.[1] } as CranRequest);
}

function parseTreePath(path: string): Pick<CranRequest, 'kind' | 'tree' | 'file'> | undefined {
  const place = /^(.*?)\/(?:(Meta|Archive\/([^/]+))\/)?([^/]+)$/.exec(path);
  const [, folder = '', beside, archived, file = ''] = place ?? [];
  const tree = parseCranTree(folder);
  if (tree === undefined) return undefined;
  if (beside === 'Meta') {
    return tree.kind === 'source' && metaFiles.has(file) ? { kind: 'index', tree, file: file as IndexFile } : undefined;
  }
  if (beside === undefined && packagesFiles.has(file)) return { kind: 'index', tree, file: file as IndexFile };
  const name = packageOf(file, tree);
  if (name === undefined || (archived !== undefined && archived !== name)) return undefined;
  return { kind: 'file', tree, file };
}

function packageOf(file: string, tree: CranTree): string | undefined {
  if (!isRPackageName(file.slice(0, Math.max(0, file.indexOf('_'))))) return undefined;
  try {
    const { name, extension } = parseRFileName(file);
    return extension === tree.extension ? name : undefined;
  } catch {
    return undefined;
  }
}

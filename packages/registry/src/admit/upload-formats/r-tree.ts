import type { CranInspection } from '@sluice/archives';
import { type CranTree, parseCranTree, parseRFileName, readBuilt } from '@sluice/formats/cran';
import { cranPath } from '@sluice/formats/package';
import { RegistryError } from '../../errors.ts';

/** Where CRAN puts what was built on a kind of Mac; R looks there. */
const macFolders: Readonly<Record<string, string>> = {
  'aarch64-apple-darwin20': 'bin/macosx/big-sur-arm64/contrib',
  'x86_64-apple-darwin20': 'bin/macosx/big-sur-x86_64/contrib',
  'x86_64-apple-darwin17': 'bin/macosx/contrib',
};

/**
 * The tree that an uploaded R package belongs into: the one that was named, if the package is of its kind and its series
 * of R, else the one its DESCRIPTION tells.
 *
 * @param named a tree's path, `bin/windows/contrib/4.5`, or its part.
 * @throws {RegistryError} `subdir_mismatch`.
 */
export function treeOfUpload(fileName: string, { description, kind }: CranInspection, named?: string): CranTree {
  const { built } = description;
  const { extension } = parseRFileName(fileName);
  const minor = built === undefined ? undefined : readBuilt(built)?.minor;
  const path = named === undefined ? ownPath(built, extension) : named.startsWith('cran:') ? cranPath(named) : named;
  const tree = path === undefined ? undefined : parseCranTree(path);
  if (tree === undefined) {
    const wanted = 'a tree such as src/contrib, bin/windows/contrib/4.5 or bin/macosx/big-sur-arm64/contrib/4.5';
    const why =
      path === undefined ? 'does not say for which machines it was built' : `cannot go to "${path.slice(0, 100)}"`;
    throw new RegistryError('subdir_mismatch', `${fileName} ${why}: name ${wanted}.`, { wanted, found: path });
  }
  const isOfTree =
    tree.extension === extension && tree.minor === minor && (tree.kind === 'source') === (kind === 'source');
  if (isOfTree) return tree;
  const found = kind === 'source' ? 'a source package' : `a package built as ${built}`;
  throw new RegistryError('subdir_mismatch', `${fileName} is ${found}, and ${tree.path} is for others.`, {
    wanted: tree.minor === undefined ? 'source packages' : `.${tree.extension} packages built for R ${tree.minor}`,
    found,
  });
}

function ownPath(built: string | undefined, extension: string): string | undefined {
  if (built === undefined) return 'src/contrib';
  const { minor, platform } = readBuilt(built) ?? {};
  if (minor === undefined) return undefined;
  if (extension === 'zip') return `bin/windows/contrib/${minor}`;
  const folder = extension === 'tgz' ? macFolders[platform ?? ''] : undefined;
  return folder && `${folder}/${minor}`;
}

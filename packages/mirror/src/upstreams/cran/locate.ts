import { findPart, findRecordVersion } from '@sluice/catalog';
import { isJsonObject } from '@sluice/formats/conda';
import { parseDcf, parseRFileName } from '@sluice/formats/cran';
import { cranPath } from '@sluice/formats/package';
import { type SourceAddress, withSecret } from '../../source-address.ts';
import type { ListedFile, LocateDeps } from '../listed-file.ts';
import { type Location, locationOf } from '../location.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';

/** Address of something in a tree, without secrets: what may be stored and shown. */
export function treeUrl(address: SourceAddress, tree: string, file: string): string {
  const root = `${address.url}/${tree}`.replace(/\/+$/, '');
  return file === '' ? root : `${root}/${file}`;
}

/**
 * Where the bytes of R packages are: beside the index, at the path the index gives, or in the archive. What the index lists
 * may have moved to the archive since, and the other way round, so the other place is named, too.
 */
export function cranLocator({ db }: LocateDeps, { address }: UpstreamDeps): (file: ListedFile) => Promise<Location> {
  return async ({ part, file, from_rev }) => {
    const [record, known] = [await findRecordVersion(db, part, file, from_rev), await findPart(db, part)];
    const home = known?.base_url ?? treeUrl(address, cranPath(part.subdir), '');
    const place = (folder: string) =>
      locationOf(new URL(`${withSecret(home, address.secret)}/${folder}${encodeURIComponent(file)}`));
    const archived = place(`Archive/${parseRFileName(file).name}/`);
    const listed = place(record ? pathOf(record.body) : '');
    return isArchived(record?.extra) ? { ...archived, otherwise: listed } : { ...listed, otherwise: archived };
  };
}

/** The folder below the tree that a paragraph names, with a slash at the end; none that leads elsewhere. */
function pathOf(body: Uint8Array): string {
  const path = parseDcf(body).get('Path');
  return path !== undefined && /^[\w.][\w./-]*$/.test(path) && !path.includes('..')
    ? `${path.replace(/\/+$/, '')}/`
    : '';
}

function isArchived(extra: Uint8Array | null | undefined): boolean {
  const beside: unknown = extra ? JSON.parse(Buffer.from(extra).toString()) : {};
  return isJsonObject(beside) && beside.archived === true;
}

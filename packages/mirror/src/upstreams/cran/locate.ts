import { findPart, findRecordVersion } from '@sluice/catalog';
import { isJsonObject } from '@sluice/formats/conda';
import { parseCranTree, parseDcf, parseRFileName } from '@sluice/formats/cran';
import { cranPath } from '@sluice/formats/package';
import { withSecret } from '../../source-address.ts';
import type { ListedFile, LocateDeps } from '../listed-file.ts';
import { type Location, locationOf } from '../location.ts';
import type { UpstreamDeps } from '../upstream-deps.ts';
import { homeAt } from './tree-home.ts';

/**
 * Where the bytes of R packages are: beside the index, at the path the index gives, or in the archive. What the index lists
 * may have moved to the archive since, and the other way round, so the other place is named, too.
 */
export function cranLocator({ db }: LocateDeps, { address }: UpstreamDeps): (file: ListedFile) => Promise<Location> {
  return async ({ part, file, from_rev }) => {
    const [record, known] = [await findRecordVersion(db, part, file, from_rev), await findPart(db, part)];
    const tree = parseCranTree(cranPath(part.subdir))!;
    const { url, headers } = homeAt(known?.base_url ?? `${address.url}/${tree.path}`, tree);
    const place = (folder: string): Location => ({
      ...locationOf(new URL(`${withSecret(url, address.secret)}/${folder}${encodeURIComponent(file)}`)),
      headers,
    });
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

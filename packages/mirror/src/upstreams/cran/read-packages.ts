import { type CranTree, createDcfScanner, type DcfFields, parseDcf, parseRFileName } from '@sluice/formats/cran';
import { FormatError } from '@sluice/formats/errors';
import { malformed, unpack } from './unpack.ts';

/** A package as PACKAGES lists it: its file, the paragraph word for word, and its fields. */
export interface ListedPackage {
  file: string;
  name: string;
  body: string;
  fields: DcfFields;
}

/** What PACKAGES lists, each file once, and what of it is no package file. */
export interface PackagesIndex {
  packages: ListedPackage[];
  refused: { file: string; reason: string }[];
}

/**
 * Read PACKAGES or PACKAGES.gz. An upstream may list one file at several paths, for several versions of R; the first that
 * lies at the tree's own place is taken, else the first.
 *
 * @throws {MirrorError} `upstream_malformed` for anything else, such as a page of HTML.
 */
export async function readPackages(bytes: Uint8Array, tree: CranTree, url: string): Promise<PackagesIndex> {
  const byFile = new Map<string, ListedPackage>();
  const refused: PackagesIndex['refused'] = [];
  const scanner = createDcfScanner((body) => {
    const fields = parseDcf(body);
    const [name, version] = [fields.get('Package'), fields.get('Version')];
    if (name === undefined || version === undefined)
      throw malformed(url, 'Package and Version', [...fields.keys()].join(', ').slice(0, 80));
    const file = fields.get('File') ?? `${name}_${version}.${tree.extension}`;
    const reason = faultOf(file, tree, `${name}_${version}`);
    if (reason !== undefined) {
      refused.push({ file: file.slice(0, 200), reason });
      return;
    }
    const before = byFile.get(file);
    if (before === undefined || (before.fields.has('Path') && !fields.has('Path')))
      byFile.set(file, { file, name, body, fields });
  });
  try {
    scanner.push(await unpack(bytes, url));
    scanner.end();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw malformed(url, error.wanted ?? 'paragraphs', error.found ?? 'something else', error);
  }
  return { packages: [...byFile.values()], refused };
}

/** @param release as the paragraph says, `<Package>_<Version>`. */
function faultOf(file: string, tree: CranTree, release: string): string | undefined {
  try {
    const { name, version, extension } = parseRFileName(file);
    if (`${name}_${version}` !== release) return `The index describes ${release.slice(0, 200)} where ${file} stands.`;
    return extension === tree.extension ? undefined : `${file} does not belong into ${tree.path}.`;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error.message;
  }
}

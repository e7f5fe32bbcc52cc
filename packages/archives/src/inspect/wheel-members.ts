import { readPythonFileName, type WheelFileName } from '@sluice/formats/pypi';
import { ArchiveError } from '../errors.ts';
import type { Budget } from '../limits.ts';
import { boundedPathParts } from '../tar/entry-path.ts';
import type { ZipMember } from '../zip/read-members.ts';

/** A wheel's files by their path, and the folder that tells what it is. */
export type WheelMembers = {
  readonly files: ReadonlyMap<string, ZipMember>;
  /** `foo-1.0.dist-info` as it is written. */
  readonly distInfo: string;
};

/** Suffix of the folder of metadata. */
const DIST_INFO = '.dist-info';

/**
 * Judge the paths of a wheel's members, and find the one folder of metadata, which has to be that of the file's name and version.
 *
 * @throws {ArchiveError} `path_absolute`, `path_parent`, `path_invalid`, `path_duplicate`, `too_deep`, `package_folder`, and those of
 * the budget.
 * @see PyPA "Binary distribution format"
 */
export function wheelMembers(members: readonly ZipMember[], wheel: WheelFileName, budget: Budget): WheelMembers {
  const files = new Map<string, ZipMember>();
  const folded = new Set<string>();
  const folders = new Set<string>();
  for (const member of members) {
    budget.entry(member.name, member.size);
    // Windows reads a backslash as a slash, so there "a\b" would overwrite "a/b".
    const parts = boundedPathParts(member.name.replaceAll('\\', '/'), budget.limits.depth);
    const path = parts.join('/');
    if (parts[0]?.toLowerCase().endsWith(DIST_INFO)) folders.add(parts[0]);
    if (member.name.endsWith('/')) continue;
    // In the metadata upper and lower case count as the same: of "METADATA" and "Metadata" macOS would keep the last.
    const key = parts[0]?.toLowerCase().endsWith(DIST_INFO) ? path.toLowerCase() : path;
    if (path === '' || folded.has(key)) throw duplicate(member.name);
    folded.add(key);
    files.set(path, member);
  }
  return { files, distInfo: theFolder([...folders], wheel) };
}

/** Whether that is the path of a metadata file of that name, whatever the folder. */
export function isInDistInfo(path: string, name: string): boolean {
  const [folder, file, ...more] = path.split('/');
  return file === name && more.length === 0 && folder!.endsWith(DIST_INFO);
}

function theFolder(folders: readonly string[], wheel: WheelFileName): string {
  const [folder] = folders;
  if (folders.length === 1 && folder !== undefined && isOf(folder, wheel)) return folder;
  throw new ArchiveError(
    'package_folder',
    `The wheel must have one folder of metadata, named for ${wheel.writtenName} ${wheel.writtenVersion} as the file is. Build it again.`,
    {
      entry: folder ?? DIST_INFO,
      wanted: `${wheel.writtenName}-${wheel.writtenVersion}${DIST_INFO}/`,
      found: folders.length === 0 ? 'none' : folders.slice(0, 3).join(', ').slice(0, 200),
    },
  );
}

/** Versions may be written in two ways in the folder and the file name, as `1.0-1` and `1.0.post1`. */
function isOf(folder: string, wheel: WheelFileName): boolean {
  if (!folder.endsWith(DIST_INFO)) return false;
  const stem = folder.slice(0, -DIST_INFO.length);
  if (stem === `${wheel.writtenName}-${wheel.writtenVersion}`) return true;
  const said = readPythonFileName(`${stem}.zip`, wheel.name);
  return said?.version.text === wheel.version.text;
}

function duplicate(name: string): ArchiveError {
  return new ArchiveError(
    'path_duplicate',
    `"${name.slice(0, 200)}" is in the wheel twice, so clients may read either. Build it again.`,
    { entry: name, wanted: 'one', found: 'two' },
  );
}

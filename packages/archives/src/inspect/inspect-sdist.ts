import type { SdistFileName } from '@sluice/formats/pypi';
import { ArchiveError } from '../errors.ts';
import { DEFAULT_LIMITS, type Limits, openBudget } from '../limits.ts';
import { type RandomAccess, withRandomAccess } from '../random-access.ts';
import { walkTarGz } from '../tar/walk-tar-gz.ts';
import { readMember } from '../zip/read-member.ts';
import { readZipMembers } from '../zip/read-members.ts';
import { collect } from './collect.ts';
import {
  METADATA_BYTES,
  metadataMissing,
  type PythonMetadata,
  pythonFileName,
  readPythonMetadata,
} from './python-metadata.ts';
import { createSdistVisitor, gatherSdist, type SdistWalk, sdistPath } from './sdist-entries.ts';
import { drain } from './wheel-record.ts';

/** What a source distribution is and says. */
export type SdistInspection = PythonMetadata & {
  readonly file: SdistFileName;
  /** The one folder that holds everything. */
  readonly folder: string;
  /** Whether it says how to build it (`pyproject.toml`); older ones have a `setup.py`. */
  readonly hasPyproject: boolean;
  /** What was walked: entries, and bytes unpacked. */
  readonly entries: number;
  readonly bytes: number;
};

/** `project`: the normalised name where it is known, see `readPythonFileName`. `now` is a clock in milliseconds. */
export type SdistOptions = {
  readonly limits?: Partial<Limits>;
  readonly project?: string;
  readonly now?: () => number;
};

/**
 * Open a source distribution (`.tar.gz`, or `.zip` of former times) safely: its container, its limits, every entry, and its PKG-INFO,
 * which must be of the file's name and version.
 *
 * @param source a path, or bytes that can be read at any place.
 * @throws {ArchiveError} any code but those of conda and wheels; every one is final for these bytes.
 * @see PyPA "Source distribution format" (PEP 517, 625, 721)
 */
export async function inspectSdist(
  source: string | RandomAccess,
  fileName: string,
  { limits = {}, project, now = () => performance.now() }: SdistOptions = {},
): Promise<SdistInspection> {
  const file = pythonFileName(fileName, 'sdist', project);
  const budget = openBudget({ ...DEFAULT_LIMITS, ...limits }, now);
  const walk = gatherSdist(budget);
  await withRandomAccess(source, (access) =>
    file.extension === 'zip' ? walkZip(access, walk) : walkTarGz(access, createSdistVisitor(walk), walk.budget),
  );
  walk.links.end();
  const folder = walk.folder ?? noFolder('no entry at all');
  const entry = `${folder}/PKG-INFO`;
  if (walk.metadata === undefined) throw metadataMissing(entry);
  return {
    ...readPythonMetadata(walk.metadata, entry, file),
    file,
    folder,
    hasPyproject: walk.hasPyproject,
    entries: budget.entries,
    bytes: budget.bytes,
  };
}

async function walkZip(access: RandomAccess, walk: SdistWalk): Promise<void> {
  const { budget } = walk;
  for (const member of await readZipMembers(access, budget.limits.entries)) {
    const kind = member.name.endsWith('/') ? 'directory' : 'file';
    const role = sdistPath(walk, { path: member.name.replaceAll('\\', '/'), kind, size: member.size });
    const pieces = readMember(access, member, budget.compressed);
    if (role === 'metadata') walk.metadata = await collect(pieces, member.name, member.size, METADATA_BYTES, budget);
    else await drain(pieces, budget);
  }
}

function noFolder(found: string): never {
  throw new ArchiveError('package_folder', 'The source distribution is empty. Build it again.', {
    wanted: 'one folder, <name>-<version>/',
    found,
  });
}

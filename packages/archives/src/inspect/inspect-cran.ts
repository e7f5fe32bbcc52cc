import { parseDescription, parseRFileName, type RDescription, type RFileName } from '@sluice/formats/cran';
import { ArchiveError } from '../errors.ts';
import { type Budget, DEFAULT_LIMITS, type Limits, openBudget } from '../limits.ts';
import { type RandomAccess, withRandomAccess } from '../random-access.ts';
import { walkTarGz } from '../tar/walk-tar-gz.ts';
import { readMember } from '../zip/read-member.ts';
import { readZipMembers } from '../zip/read-members.ts';
import { type CranWalk, createCranWalk } from './cran-entries.ts';

/** What an R package says of itself. */
export interface CranInspection {
  readonly description: RDescription;
  /** `binary`: R puts it in place as it is (its DESCRIPTION says where it was built). */
  readonly kind: 'source' | 'binary';
  /** Whether there are files in its folder `src/`. */
  readonly hasSources: boolean;
  /** What was walked: entries, and their bytes unpacked. */
  readonly entries: number;
  readonly bytes: number;
}

/** `now` is a clock in milliseconds. */
export interface InspectCranOptions {
  readonly limits?: Partial<Limits>;
  readonly now?: () => number;
}

/**
 * Open an R package safely, a source or binary tarball (`.tar.gz`, `.tgz`) or a Windows binary (`.zip`): check its
 * container, its limits and every entry, and read its DESCRIPTION, whose name and version must be those of the file name.
 *
 * @param source a path, or bytes that can be read at any place.
 * @throws {ArchiveError} any code; {@link parseRFileName}'s and {@link parseDescription}'s errors. Every one is final for
 * these bytes.
 * @see Writing R Extensions, "Package structure"; R Installation and Administration, "Installing packages"
 */
export async function inspectCran(
  source: string | RandomAccess,
  fileName: string,
  { limits = {}, now = () => performance.now() }: InspectCranOptions = {},
): Promise<CranInspection> {
  const named = parseRFileName(fileName);
  const budget = openBudget({ ...DEFAULT_LIMITS, ...limits }, now);
  const walk = createCranWalk(named.name, budget);
  await withRandomAccess(source, (access) =>
    named.extension === 'zip' ? walkZip(access, walk, budget) : walkTarGz(access, walk.visit, budget),
  );
  const found = walk.end();
  const description = parseDescription(found.description);
  checkAgreement(description, named, fileName);
  return {
    description,
    kind: description.built === undefined ? 'source' : 'binary',
    hasSources: found.hasSources,
    entries: budget.entries,
    bytes: budget.bytes,
  };
}

/** Only what is wanted of a zip is unpacked; of the others its directory says the size, to which R's unzip keeps. */
async function walkZip(access: RandomAccess, walk: CranWalk, budget: Budget): Promise<void> {
  for (const member of await readZipMembers(access, budget.limits.entries)) {
    budget.compressed(member.compressedSize);
    budget.decoded(member.size);
    const isFolder = member.name.endsWith('/');
    const sink = walk.visit({
      path: member.name,
      kind: isFolder ? 'directory' : 'file',
      size: isFolder ? 0 : member.size,
    });
    if (sink === undefined) continue;
    for await (const piece of readMember(access, member, () => {})) sink.write(piece);
    sink.end();
  }
}

function checkAgreement(description: RDescription, named: RFileName, fileName: string): void {
  const says = `${description.name} ${description.version}`;
  if (description.name !== named.name || description.version !== named.version) {
    throw new ArchiveError(
      'metadata_mismatch',
      `The package says it is ${says}, its file name ${fileName} says otherwise. Upload it under the name R CMD build gave it.`,
      { entry: `${named.name}/DESCRIPTION`, wanted: `${named.name} ${named.version}`, found: says },
    );
  }
  if (description.built === undefined && named.extension !== 'tar.gz') {
    throw new ArchiveError(
      'metadata_mismatch',
      `A .${named.extension} holds a built package, and this one was not built: its DESCRIPTION has no field Built.`,
      { entry: `${named.name}/DESCRIPTION`, wanted: 'the field Built', found: 'a source package' },
    );
  }
}

import type { BlobRow } from '@sluice/catalog';
import { type PackageType, packageTypeOf } from '@sluice/formats/package';
import { writeCranTree } from '../cran/write-tree.ts';
import { writeProjectList } from '../pypi/write-list.ts';
import type { MonolithDeps } from './monolith-deps.ts';
import type { NewestList } from './newest-list.ts';
import type { SubdirContent } from './subdir-content.ts';
import { writeSubdir } from './write-subdir.ts';

/** One document, stored. */
export interface PartDocument {
  key: string;
  blob: BlobRow;
}

/** The documents of one part of a publication, stored; of a conda subdir also the newest file of each of its package names. */
export interface WrittenPart {
  /** May still be under way when the newest files are known. Whoever waits must not let go of it. */
  documents: PartDocument[] | Promise<PartDocument[]>;
  newest?: NewestList;
}

type WritePart = (deps: MonolithDeps, content: SubdirContent) => Promise<WrittenPart>;

const writers: Record<PackageType, WritePart> = {
  conda: writeSubdir,
  python: writeProjectList,
  r: writeCranTree,
  // Nobody asks for a list of general files; each is asked for by its address.
  file: async () => ({ documents: [] }),
};

/**
 * Write the documents of one part of one publication. The same records give the same bytes.
 *
 * @throws {PublishError} `monolith_drift` when the records are not those that the publication lists.
 */
export function writePart(deps: MonolithDeps, content: SubdirContent): Promise<WrittenPart> {
  return writers[packageTypeOf(content.subdir)](deps, content);
}

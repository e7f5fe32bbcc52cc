import type { Part } from '@sluice/catalog';
import type { MirrorDeps } from '../deps.ts';

/** A file that an upstream lists: the version of its record. */
export interface ListedFile {
  part: Part;
  file: string;
  from_rev: number;
}

/** What finding out where a file lies may look at: what was noted when it was listed. */
export type LocateDeps = Pick<MirrorDeps, 'db'>;

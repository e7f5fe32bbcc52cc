import { MirrorError } from '../../errors.ts';

/** An index of more projects is not brought in as a whole. */
const mostProjects = 5000;

/** Refuse to bring a large index in as a whole. @throws {MirrorError} `index_too_large`. */
export function refuseLarge(projects: number): void {
  if (projects <= mostProjects) return;
  throw new MirrorError(
    'index_too_large',
    `The index lists ${projects} projects, which an active mirror does not bring in as a whole: name projects in its filters, or make it passive.`,
    { wanted: `at most ${mostProjects} projects`, found: String(projects) },
  );
}

/** The error of projects that were named and are not there. */
export function absentProjects(url: string, names: readonly string[]): MirrorError {
  const shown = `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`;
  return new MirrorError(
    'upstream_missing',
    `The index at ${url} has no project ${shown}. Check its name, or leave it out of the mirror's projects.`,
    { wanted: shown, found: 'nothing' },
  );
}

import type { Schemas } from '@sluice/api-client';
import { bytes, count } from './amounts.ts';
import { type Cell, fields, table } from './table.ts';
import type { View } from './view.ts';

/** How much comes in, and how much of it only since something depends on it. */
export function dependencySummaryView(summary: Schemas['DependencySummary'], view: View): string {
  const { files, bytes: size, dependency_files, dependency_bytes, requested, dependencies, missing } = summary;
  return [
    fields(
      [
        ['kept', `${count(files, 'file')}, ${bytes(size)}`],
        ['dependencies', `${count(dependency_files, 'file')}, ${bytes(dependency_bytes)}`],
        ['specs', `${requested} asked for, ${dependencies} depended on, ${missing} missing`],
      ],
      view,
    ),
    table(
      ['SUBDIR', 'FILES', 'SIZE', 'DEPENDENCIES', 'SIZE'],
      summary.by_subdir.map((part) => [
        part.subdir,
        part.files,
        bytes(part.bytes),
        part.dependency_files,
        bytes(part.dependency_bytes),
      ]),
      view,
    ),
  ].join('\n\n');
}

/** Spec, whose it is, whether it is there, how many files satisfy it, the newest of them, and why not. */
export function dependencyRow(line: Schemas['DependencyLine']): Cell[] {
  return [line.spec, askerOf(line), line.status, line.files, line.newest, whyMissing(line)];
}

function askerOf({ subdir, example, needed_by }: Schemas['DependencyLine']): string {
  if (subdir === null) return 'the mirror';
  return `${subdir}/${example}${needed_by > 1 ? ` and ${needed_by - 1} more` : ''}`;
}

/** Why nothing satisfies a spec: the rule that took it out, or that there is no such thing. */
function whyMissing({ reason, rule }: { reason: string | null; rule: string | null }): string {
  if (reason === null) return '';
  return rule ?? REASONS[reason] ?? reason;
}

const REASONS: Readonly<Record<string, string>> = {
  no_package: 'the source has no such package',
  no_version: 'the source has no such version',
  unreadable: 'cannot be read',
  hidden: 'something above hides it',
};

/** A table of packages that would be, or are, without what they depend on. */
export function brokenRow(broken: Schemas['BrokenDependency']): Cell[] {
  const { subdir, package: name, spec, files } = broken;
  return [`${subdir}/${name}`, files, spec, whyMissing(broken)];
}

export const brokenHeads = ['PACKAGE', 'FILES', 'DEPENDS ON', 'WHY MISSING'] as const;

import type { Schemas } from '@sluice/api-client';
import { count } from './amounts.ts';
import { table } from './table.ts';
import type { View } from './view.ts';
import { paragraph } from './wrap.ts';

type Patching = Schemas['Patching'];
type Change = Schemas['PatchPreview']['changes']['items'][number];

/** What patches change: a line for each subdir, then key by key, then what they name in vain. */
export function patchingView({ subdirs }: Patching, dryRun: boolean, view: View): string {
  const parts = [
    table(
      ['SUBDIR', 'CHANGED', 'REMOVED', 'REVOKED', 'UNKNOWN'],
      subdirs.map(({ subdir, files, removed, revoked, unknown }) => [subdir, files, removed, revoked, unknown.count]),
      view,
    ),
  ];
  const changes = subdirs.flatMap(({ subdir, changes: { items } }) => items.map((item) => ({ subdir, ...item })));
  if (changes.length > 0) {
    const rows = changes.map(({ subdir, ...change }) => [
      `${subdir}/${change.file}`,
      change.key ?? 'record',
      textOf(change.before),
      textOf(change.after),
    ]);
    parts.push(table(['FILE', 'KEY', 'BEFORE', 'AFTER'], rows, view));
  }
  const total = subdirs.reduce((sum, { changes: { count: all } }) => sum + all, 0);
  if (total > changes.length) parts.push(paragraph(`And ${count(total - changes.length, 'change')} more.`, view));
  const unknown = subdirs.flatMap(({ subdir, unknown: { files } }) => files.map((file) => `${subdir}/${file}`));
  if (unknown.length > 0) {
    const named = `${unknown.slice(0, 10).join(', ')}${unknown.length > 10 ? ', …' : ''}`;
    parts.push(paragraph(`Not in the channel, so passed over: ${named}`, view));
  }
  parts.push(paragraph(dryRun ? 'Nothing was changed: this was a dry run.' : 'Saved; the index follows.', view));
  return parts.join('\n\n');
}

function textOf(value: Change['before']): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

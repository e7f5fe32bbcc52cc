import type { Schemas } from '@sluice/api-client';
import { bytes, count } from './amounts.ts';
import { fields } from './table.ts';
import { plain, type View } from './view.ts';

/** Bundles that come in, for people. */
export function importLines(
  items: readonly Schemas['Bundle'][],
  refused: Schemas['BegunImports']['refused'],
  view: View,
): string {
  const blocks = items.map((bundle) => {
    const {
      parts = 0,
      parts_done = 0,
      files = 0,
      added = 0,
      changed = 0,
      removed = 0,
      bytes_read = 0,
    } = bundle.report as Record<string, number>;
    const notes = (bundle.report.notes ?? []) as string[];
    const isOver = bundle.state === 'completed';
    return [
      fields(
        [
          ['bundle', `${bundle.series} ${bundle.serial}`],
          ['id', bundle.id],
          ['state', stateText(bundle)],
          ['parts', `${parts_done} of ${parts} taken in, ${bytes(bytes_read)} read`],
          ...(isOver ? [['channels', bundle.channels.map(({ channel }) => channel).join(', ')] as const] : []),
          ...(isOver
            ? [
                [
                  'files',
                  `${count(files, 'file')} looked at: ${added} new, ${changed} changed, ${removed} gone`,
                ] as const,
              ]
            : []),
        ],
        view,
      ),
      ...notes.map(plain),
    ].join('\n');
  });
  return [...blocks, ...refused.map(({ path, message }) => plain(`not imported: ${path}: ${message}`))].join('\n\n');
}

/** In which state a bundle is, with what it waits for. */
export function stateText({ state, stage }: Schemas['Bundle']): string {
  if (state !== 'waiting') return state;
  return stage === 'list' ? 'waiting for the bundle it builds on' : 'waiting for more parts';
}

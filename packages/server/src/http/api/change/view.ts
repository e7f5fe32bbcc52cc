import type { Turn } from '@sluice/catalog';
import type { ChangeCause, ChannelChange, FileHistory } from '@sluice/publish';
import type { z } from 'zod';
import type { ChangesView, FileHistoryView } from './schema.ts';

/** A change of a file. `seesActors`: whether the reader may know who did what. */
export function changeView(
  { publication, change, subdir, name, file, cause }: ChannelChange,
  seesActors: boolean,
): z.output<typeof ChangesView>['items'][number] {
  const { kind, at, actor, mirror, run_id } = cause;
  return {
    publication: publication.no,
    published: publication.created_at.toISOString(),
    ...{ change, part: subdir, name, file },
    cause: {
      ...{ kind, detail: sentence(change, cause, seesActors), at: at.toISOString() },
      ...{ actor: seesActors ? actor : null, mirror, run_id },
    },
  };
}

/** All that is known of a file. */
export function fileHistoryView(
  place: { part: string; file: string },
  { versions, removal }: FileHistory,
  seesActors: boolean,
): z.output<typeof FileHistoryView> {
  const turnView = ({ cause, at, actor, mirror, run_id }: Turn) => ({
    ...{ kind: cause, at: at?.toISOString() ?? null, actor: seesActors ? actor : null, mirror, run_id },
  });
  return {
    ...place,
    deleted: removal ? { at: removal.at.toISOString(), actor: seesActors ? removal.actor : null } : null,
    versions: versions.map(({ sha256, size, begun, ended, shown }) => ({
      ...{ sha256: sha256 ?? null, size: size ?? null },
      begun: turnView(begun),
      ended: ended && turnView(ended),
      shown: shown.map(({ from_no, to_no, from_at, to_at }) => ({
        ...{ from: from_no, from_at: from_at?.toISOString() ?? null },
        ...{ to: to_no, to_at: to_no === null ? null : (to_at?.toISOString() ?? null) },
      })),
    })),
  };
}

function sentence(
  change: ChannelChange['change'],
  { kind, text, actor, mirror }: ChangeCause,
  seesActors: boolean,
): string {
  const by = seesActors && actor ? ` by ${actor}` : '';
  const source = mirror ? `the source of the mirror ${mirror}` : 'the source of a mirror';
  switch (kind) {
    case 'run':
    case 'ask': {
      if (change === 'removed') return `Gone from ${source}.`;
      return change === 'added' ? `New in ${source}.` : `${upperFirst(source)} lists it with other metadata.`;
    }
    case 'upload':
      return `Uploaded${by}.`;
    case 'delete':
      return `Deleted${by}.`;
    case 'yank':
      return `Yanked, or taken back${by}.`;
    case 'bundle':
      return change === 'removed' ? 'A bundle took it away.' : 'A bundle brought it.';
    case 'keep':
      return `Left by a mirror that was deleted${by}.`;
    case 'vanish':
      return change === 'removed'
        ? 'It had vanished upstream, and the mirror keeps it no longer.'
        : 'It vanished upstream, and the mirror goes on showing it.';
    case 'publication':
      return `Published for: ${text}${by}.`;
  }
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

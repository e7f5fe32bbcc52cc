import type { PublicationRow } from '@sluice/catalog';
import type { ChangeReason, DifferentFile, PlacedPin, Rollback } from '@sluice/publish';
import type { z } from 'zod';
import type { ComparisonView, PinView, PublicationView, RollbackView } from './schema.ts';

/** A publication. `seesActors`: whether the reader may know who did what. */
export function publicationView(row: PublicationRow, seesActors: boolean): z.output<typeof PublicationView> {
  const { cause, added, removed, files, packages, pins, is_head, monolith } = row;
  return {
    number: row.no,
    created: row.created_at.toISOString(),
    cause,
    actor: seesActors ? row.actor : null,
    ...{ added, removed, files, packages, pins, is_head, monolith },
  };
}

/** A pin of a channel. */
export function pinView(pin: PlacedPin): z.output<typeof PinView> {
  const { name, no, created_at, created_by, moved_from } = pin;
  const moved = moved_from === undefined ? {} : { moved_from };
  return { name, publication: no, created: created_at.toISOString(), created_by, ...moved };
}

/** What a rollback did. */
export function rollbackView({ no, to, added, removed, was_frozen }: Rollback): z.output<typeof RollbackView> {
  const undo = was_frozen
    ? `Roll back to publication ${no - 1}, which it showed, frozen, before.`
    : 'Unfreeze the channel: its next publication is made from its layers and rules as they are then.';
  return { publication: no, to, added, removed, indexing_behavior: 'frozen', was_frozen, undo };
}

/** A file that differs, and why. */
export function differenceView(
  { subdir, name, file, change }: DifferentFile,
  reason: ChangeReason,
): z.output<typeof ComparisonView>['items'][number] {
  const { code, layer, rule } = reason;
  const why = { code, layer, detail: sentence(reason), ...(rule && { rule }) };
  return { subdir, name, file, change, reason: why };
}

function sentence({ code, layer, rule, by }: ChangeReason): string {
  const mirror =
    layer === null ? 'a mirror that is no more' : layer === 'below' ? 'a channel below' : `the mirror ${layer}`;
  switch (code) {
    case 'uploaded':
      return 'Uploaded here.';
    case 'deleted':
      return by ? `Deleted by ${by.actor} on ${by.at.toISOString()}.` : 'Deleted here.';
    case 'upstream_added':
      return `New in the source of ${mirror}.`;
    case 'upstream_removed':
      return `Gone from the source of ${mirror}.`;
    case 'upstream_changed':
      return `The source of ${mirror} lists it with other metadata.`;
    case 'layer_added':
      return `It came with ${mirror}.`;
    case 'layer_removed':
      return `It came from ${mirror}, which was removed or got another source.`;
    case 'layer_changed':
      return `Now it is that of ${layer === 'uploads' ? 'an upload' : mirror}; before, another layer had one of that name.`;
    case 'below_added':
      return 'A channel below shows it now.';
    case 'below_removed':
      return 'The channel below does not show it any more.';
    case 'below_changed':
      return 'A channel below shows it with other metadata.';
    case 'patched':
      return "The channel's patches changed it.";
    case 'denied':
      return `Refused by rule "${rule?.rule}", because ${rule?.evidence}. ${rule?.remedy}`;
    case 'name_hidden':
      return 'A layer above shows packages of that name, which hides those of lower ones.';
    case 'name_shown':
      return 'No layer above shows packages of that name any more.';
    case 'hidden':
      return 'A rule refused it then, or its download failed; no rule of today refuses it.';
    case 'allowed':
      return 'No rule refuses it any more, or its download came through.';
  }
}

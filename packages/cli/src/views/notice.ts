import type { Schemas } from '@sluice/api-client';
import { instant } from './amounts.ts';
import { fields } from './table.ts';
import type { View } from './view.ts';

/** Everything about a notice. */
export function noticeView(notice: Schemas['Notice'], view: View): string {
  return fields(
    [
      ['notice', notice.id],
      ['message', notice.message],
      ['level', notice.level],
      ['shown', notice.published ? 'to clients' : 'to nobody: a draft'],
      ['created', instant(notice.created_at)],
      ['expires', notice.expires_at === null ? 'when withdrawn' : instant(notice.expires_at)],
    ],
    view,
  );
}

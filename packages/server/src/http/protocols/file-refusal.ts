import type { FileAnswer } from '@sluice/publish';
import { ServerError } from '../../errors.ts';

/** Why a file is not served, in words for the person whose install stopped. `key` is `<subdir>/<file>`. */
export function fileRefusal(
  channel: string,
  key: string,
  answer: Exclude<FileAnswer, { status: 'served' }>,
): ServerError {
  switch (answer.status) {
    case 'refused': {
      const { reasons } = answer.decision;
      const [reason] = reasons;
      const by =
        answer.layer.mirror && reason?.scope === 'mirror'
          ? `the mirror ${answer.layer.mirror.name} of channel ${channel}`
          : `channel ${channel}`;
      return new ServerError(
        'policy_denied',
        `${key} is blocked by ${by}: rule "${reason?.rule}", because ${reason?.evidence}. ${reason?.remedy}`,
        { reasons },
      );
    }
    case 'pending':
      return new ServerError(
        'file_not_published',
        `${key} is known to channel ${channel} but not published: a publication is being made, its download failed, or the channel is frozen. Try again in a minute, or ask the channel's owner.`,
      );
    case 'deleted': {
      const by = answer.by ? ` by ${answer.by.actor} on ${answer.by.at.toISOString()}` : '';
      return new ServerError('file_deleted', `${key} was deleted from channel ${channel}${by}. Choose another build.`);
    }
    case 'unlisted':
      return new ServerError('file_missing', `${key} is not in this publication of channel ${channel}.`);
    case 'gone':
      return new ServerError(
        'file_missing',
        `${key} is in this publication of channel ${channel}, but the mirror it came from was removed since, and nothing says any more who may have it. Ask the channel's owner.`,
      );
    case 'absent':
      return new ServerError('file_missing', `Channel ${channel} has no file ${key}.`);
  }
}

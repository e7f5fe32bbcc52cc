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
      const mirror = reason?.scope === 'mirror' && answer.layer.mirror;
      // Who may read the upper channel may not know the one below.
      const whose = answer.isBelow ? `a channel below ${channel}` : `channel ${channel}`;
      const by = mirror && !answer.isBelow ? `the mirror ${mirror.name} of ${whose}` : whose;
      return new ServerError(
        'policy_denied',
        `${key} is blocked by ${by}: rule "${reason?.rule}", because ${reason?.evidence}. ${reason?.remedy}`,
        { reasons },
      );
    }
    case 'hidden':
      return new ServerError(
        'file_hidden',
        `${key} is hidden in channel ${channel}: packages of that name come from a layer above the one that has this file, and there names take priority. Choose a file that the channel lists, or ask its owner.`,
      );
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

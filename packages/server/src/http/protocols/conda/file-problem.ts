import type { FileAnswer } from '@sluice/publish';
import type { Problem } from '../problem.ts';

/** Why a file is not served, in words for the person whose install stopped. */
export function fileProblem(channel: string, key: string, answer: Exclude<FileAnswer, { status: 'served' }>): Problem {
  switch (answer.status) {
    case 'refused': {
      const [reason] = answer.decision.reasons;
      const source = answer.layer.mirror ? `mirror ${answer.layer.mirror.name} of ` : '';
      return {
        status: 403,
        code: 'policy_denied',
        detail: `${key} is blocked by ${source}channel ${channel}: rule "${reason?.rule}", because ${reason?.evidence}. ${reason?.remedy}`,
        more: { reasons: answer.decision.reasons },
      };
    }
    case 'pending':
      return {
        status: 404,
        code: 'file_not_published',
        detail: `${key} is known to channel ${channel} but not published yet: a publication is being made, its last download failed, or the channel is frozen.`,
      };
    case 'deleted':
      return { status: 410, code: 'file_deleted', detail: `${key} was deleted from channel ${channel}.` };
    case 'absent':
      return {
        status: 404,
        code: 'file_missing',
        detail: `Channel ${channel} has no file ${key}.`,
      };
  }
}

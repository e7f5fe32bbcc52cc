import type { AuditFault } from './verify-audit.ts';

/** What is wrong with the audit, in a sentence. */
export function auditFaultText({ code, link, event_id }: AuditFault): string {
  switch (code) {
    case 'event_changed':
      return `Event ${event_id} of the audit is not what was chained as link ${link}: it was changed, or links were put in another order.`;
    case 'event_missing':
      return `Event ${event_id} of the audit, chained as link ${link}, is not there any more.`;
    case 'link_missing':
      return `Link ${link} of the audit's chain is not there any more.`;
    case 'event_unchained':
      return `Event ${event_id} of the audit is in no link of its chain: it was slipped in, or links were cut off at the end.`;
  }
}

import { type AuditFault, type AuditPlace, verifyAudit } from '../../audit/verify-audit.ts';
import type { Check } from './context.ts';
import { note } from './report.ts';

/** A further stage: is the chain of the audit whole? Ends at the first thing that is wrong, since all after it follows from that. */
export async function checkAudit(
  { deps, report }: Check,
  place: AuditPlace = { link: 0, event: 0 },
): Promise<AuditPlace | undefined> {
  const { next, fault } = await verifyAudit(deps, place);
  if (fault) {
    note(report, {
      code: 'audit_broken',
      severity: 'error',
      channel: null,
      subject: fault.event_id === null ? `link ${fault.link}` : `event ${fault.event_id}`,
      message: faultText(fault),
      remedy:
        'The database was changed by hand or restored in part. Compare with a backup; npx sluice audit verify says more.',
    });
  }
  return next;
}

function faultText({ code, link, event_id }: AuditFault): string {
  switch (code) {
    case 'event_changed':
      return `Event ${event_id} of the audit is not what was chained as link ${link}.`;
    case 'event_missing':
      return `Event ${event_id} of the audit, chained as link ${link}, is not there any more.`;
    case 'link_missing':
      return `Link ${link} of the audit's chain is not there any more.`;
    case 'event_unchained':
      return `Event ${event_id} of the audit is in no link of its chain.`;
  }
}

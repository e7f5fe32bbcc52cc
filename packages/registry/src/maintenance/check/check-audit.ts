import { auditFaultText } from '../../audit/fault-text.ts';
import { type AuditPlace, verifyAudit } from '../../audit/verify-audit.ts';
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
      message: auditFaultText(fault),
      remedy:
        'The database was changed by hand or restored in part. Compare with a backup; npx sluice audit verify says more.',
    });
  }
  return next;
}

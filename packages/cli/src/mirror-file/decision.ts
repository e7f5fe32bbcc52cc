/** What becomes of one package: `keep`: it is there already; `remove`: it vanished upstream. */
export interface Decision {
  /** The channel it is from: an address without secrets, or a folder. */
  source: string;
  /** `<subdir>/<file>`. */
  file: string;
  action: 'bring_in' | 'keep' | 'leave_out' | 'remove' | 'failed';
  /** Why it is left out, or what went wrong. */
  reason: { code: string; rule: string; evidence: string } | null;
}

/** A decision in a line of a report. */
export function reasonText({ reason }: Pick<Decision, 'reason'>): string {
  return reason === null ? '' : `${reason.code}: ${reason.evidence}`;
}

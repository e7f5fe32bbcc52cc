import type { Schemas } from '@sluice/api-client';

/**
 * Why a command did not do what it was asked to.
 *
 * - `usage`: the command line or a setting of the environment is wrong; nothing was tried.
 * - `config_invalid`: the file with the sign-ins cannot be read.
 * - `unreachable`: the server gave no answer. `not_sluice`: something answered that is no Sluice.
 * - `refused`: the server said no; `problem` is its answer.
 * - `sign_in_needed`: the stored sign-in is not enough or over.
 * - `cancelled`: the person at the terminal said no.
 * - `file_unreadable`, `file_changed`: a local file cannot be sent.
 * - `mirror_missing`, `mirror_ambiguous`, `token_missing`, `token_ambiguous`: a name fits nothing, or several.
 * - `uploads_failed`, `run_failed`, `run_stopped`, `maintenance_failed`: it was done, and ended badly.
 * - `mirror_file_refused`: a file of the older tools cannot be followed; nothing was tried.
 * - `source_failed`: what a mirror file names does not give what it should.
 * - `setting_missing`: nothing is set under that key. `backup_missing`: there is nothing to restore. `not_yet`: Sluice cannot do that so far; `next` says what it can.
 * - `bundle_failed`: a bundle did not get to its end. `part_changed`: a part is not what its bundle says.
 * - `audit_broken`: an event of the audit is not what was written down, or is gone.
 * - `drift_found`: the check found something wrong.
 */
export type CliErrorCode =
  | 'usage'
  | 'config_invalid'
  | 'unreachable'
  | 'not_sluice'
  | 'bundle_failed'
  | 'part_changed'
  | 'schedule_missing'
  | 'refused'
  | 'sign_in_needed'
  | 'cancelled'
  | 'file_unreadable'
  | 'file_changed'
  | 'mirror_missing'
  | 'mirror_ambiguous'
  | 'token_missing'
  | 'token_ambiguous'
  | 'mirror_file_refused'
  | 'source_failed'
  | 'setting_missing'
  | 'backup_missing'
  | 'not_yet'
  | 'audit_broken'
  | 'drift_found'
  | 'maintenance_failed'
  | 'uploads_failed'
  | 'run_failed'
  | 'run_stopped';

/** What the server says when it refuses. */
export type Problem = Schemas['Problem'];

interface Details {
  wanted?: string | undefined;
  found?: string | undefined;
  /** What to do about it. */
  next?: string | undefined;
  problem?: Problem | undefined;
  cause?: unknown;
}

/** The one error of the command line. Everything in it may be shown: no token, no password. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliErrorCode;
  readonly wanted: string | undefined;
  readonly found: string | undefined;
  readonly next: string | undefined;
  readonly problem: Problem | undefined;

  constructor(code: CliErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.wanted = details.wanted ?? details.problem?.wanted;
    this.found = details.found ?? details.problem?.found;
    this.next = details.next;
    this.problem = details.problem;
  }
}

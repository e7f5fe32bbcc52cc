import { Logger } from 'graphile-worker';
import type { Log } from '../log.ts';

/** graphile-worker's lines in our log, its news as debug. What a failed job says is logged where jobs are run. */
export function queueLog(log: Log): Logger {
  return new Logger((scope) => (level, message, meta) => {
    if (level === 'debug') return;
    const line = { ...scope, ...(meta?.error === undefined ? {} : { error: meta.error }) };
    if (level === 'info' || meta?.failure === true) log.debug(line, message);
    else log[level === 'error' ? 'error' : 'warn'](line, message);
  });
}

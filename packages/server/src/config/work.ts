import { z } from 'zod';
import { variable, words } from './variable.ts';

/** What this process does. */
export const workVariables = z.object({
  SLUICE_ROLES: variable(words(['web', 'worker']).default(['web', 'worker']), {
    wanted: '"web", "worker" or "web,worker"',
    about: 'Whether this process answers requests, runs jobs, or both.',
  }),
  SLUICE_LOG_LEVEL: variable(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    wanted: 'one of debug, info, warn, error, silent',
    about: 'The least important log lines to write.',
  }),
});

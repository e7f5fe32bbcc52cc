import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { answer } from './connect.ts';
import { CliError } from './errors.ts';

type Maintenance = Schemas['Maintenance'];

const firstWaitMs = 100;
const longestWaitMs = 2000;

/** Wait until a collection or a check is over, with progress. Ctrl-C ends the waiting, not the work. */
export async function followMaintenance({ api, io, progress }: Context, begun: Maintenance): Promise<Maintenance> {
  const params = { path: { id: begun.id } };
  let now = begun;
  for (let waitMs = firstWaitMs; now.finished_at === null; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    progress.show(now.stage === '' ? now.kind : `${now.kind}: ${now.stage}`, now.percent, 100);
    await io.sleep(waitMs);
    now = await answer(api.GET('/api/maintenance/{id}', { params }));
  }
  progress.clear();
  return now;
}

/** The error for one that did not get to its end. */
export function maintenanceFailure({ state, kind, error }: Maintenance): CliError | undefined {
  if (state !== 'failed') return undefined;
  return new CliError('maintenance_failed', `The ${kind} failed: ${error ?? 'no reason is known'}`, {
    next: 'npx sluice maintenance check --deep says more; the server’s log has the rest.',
  });
}

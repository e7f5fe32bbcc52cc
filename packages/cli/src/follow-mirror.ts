import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { answer } from './connect.ts';
import { CliError } from './errors.ts';
import { mirrorPath } from './find-mirror.ts';

type Mirror = Schemas['Mirror'];

const open: readonly Mirror['state'][] = ['pending', 'running', 'stopping'];
const firstWaitMs = 200;
const longestWaitMs = 2000;

/** A server that is restarted goes on with the run; so this waits for it. */
const longestAbsenceMs = 120_000;

/** Whether the newest run of a mirror is not over yet. */
export function isOpen({ state }: Mirror): boolean {
  return open.includes(state);
}

/**
 * Wait until the newest run of a mirror is over, with progress. Ctrl-C ends the waiting, not the run.
 *
 * @returns the mirror at the end.
 */
export async function followMirror({ api, io, progress, say }: Context, mirror: Mirror): Promise<Mirror> {
  const params = { path: mirrorPath(mirror) };
  let seen = io.now().getTime();
  let away = false;
  let waitMs = firstWaitMs;
  for (let now = mirror; ; ) {
    if (!away) showState(now, progress);
    if (!isOpen(now)) return now;
    await io.sleep(waitMs);
    waitMs = Math.min(waitMs * 1.5, longestWaitMs);
    try {
      now = await answer(api.GET('/api/channels/{channel}/mirrors/{id}', { params }));
      seen = io.now().getTime();
      away = false;
    } catch (error) {
      if (!isAbsence(error) || io.now().getTime() - seen > longestAbsenceMs) throw error;
      if (!away) {
        progress.clear();
        say('The server is away; waiting for it.');
      }
      away = true;
    }
  }
}

function showState({ state, sync_state: sync }: Mirror, progress: Context['progress']): void {
  const step = sync.total_steps_count > 0 ? `${sync.current_step_number}/${sync.total_steps_count} ` : '';
  const label = state === 'running' ? `${step}${sync.current_step_description || 'running'}` : (state ?? 'idle');
  progress.show(label, sync.current_step_percentage, 100);
}

function isAbsence(error: unknown): boolean {
  if (!(error instanceof CliError)) return false;
  return error.code === 'unreachable' || (error.problem?.status ?? 0) >= 502;
}

/** The error for a run that was waited for and did not complete. */
export function runFailure({ state, name, sync_state }: Mirror): CliError | undefined {
  if (state === 'failed') {
    return new CliError(
      'run_failed',
      `The run of ${name} failed: ${sync_state.last_exception ?? 'no reason is known'}`,
      {
        next: 'What is local stays; npx sluice mirror run tries again.',
      },
    );
  }
  if (state !== 'stopped') return undefined;
  return new CliError('run_stopped', `The run of ${name} was stopped.`, {
    next: 'What is local stays; npx sluice mirror run goes on.',
  });
}

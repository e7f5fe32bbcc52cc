import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context } from './command.ts';
import { answer, unreachable } from './connect.ts';
import { CliError } from './errors.ts';
import { mirrorPath } from './find-mirror.ts';
import { readEvents } from './read-events.ts';
import { bytes, duration } from './views/amounts.ts';

type Mirror = Schemas['Mirror'];

const open: readonly Mirror['state'][] = ['pending', 'running', 'stopping'];

/** Before it is asked again after a stream that ended early. */
const pauseMs = 1000;

/** A server that is restarted goes on with the run; so this waits for it. */
const longestAbsenceMs = 120_000;

/** Whether the newest run of a mirror is not over yet. */
export function isOpen({ state }: Mirror): boolean {
  return open.includes(state);
}

/** The option of commands that follow a run. */
export function followOption(): Option {
  return new Option('--follow', 'show how it goes on until it is over; with --json one line for each news');
}

/**
 * Follow the newest run of a mirror to its end, with progress. Ctrl-C ends the following, not the run.
 *
 * @param each gets every state on the way but the last.
 * @returns the mirror at the end.
 */
export async function followMirror(
  context: Context,
  mirror: Mirror,
  each: (now: Mirror) => void = () => {},
): Promise<Mirror> {
  const { io, progress, say } = context;
  let seen = io.now().getTime();
  let away = false;
  let last: string | undefined;
  let now = mirror;
  showState(now, progress);
  while (isOpen(now)) {
    try {
      for await (const { id, data } of await openEvents(context, mirror, last)) {
        last = id;
        now = JSON.parse(data) as Mirror;
        showState(now, progress);
        if (isOpen(now)) each(now);
        seen = io.now().getTime();
        away = false;
      }
    } catch (error) {
      if (!isAbsence(error) || io.now().getTime() - seen > longestAbsenceMs) throw error;
      if (!away) {
        progress.clear();
        say('The server is away; waiting for it.');
      }
      away = true;
    }
    if (isOpen(now)) await io.sleep(pauseMs);
  }
  return now;
}

async function* openEvents({ api, site }: Context, mirror: Mirror, last: string | undefined) {
  const params = {
    path: mirrorPath(mirror),
    header: last === undefined ? {} : { 'last-event-id': last },
  };
  const body = await answer(api.GET('/api/channels/{channel}/mirrors/{id}/events', { params, parseAs: 'stream' }));
  try {
    yield* readEvents(body as unknown as AsyncIterable<Uint8Array>);
  } catch (cause) {
    throw unreachable(site.url, cause);
  }
}

function showState({ state, sync_state: sync, progress: flow }: Mirror, progress: Context['progress']): void {
  const step = sync.total_steps_count > 0 ? `${sync.current_step_number}/${sync.total_steps_count} ` : '';
  const label = state === 'running' ? `${step}${sync.current_step_description || 'running'}` : (state ?? 'idle');
  progress.show(label, sync.current_step_percentage, 100, pace(flow));
}

/** `12.3 MB/s, 2 min left` */
function pace({ bytes_per_second, seconds_left }: Mirror['progress']): string {
  const parts = [
    ...(bytes_per_second > 0 ? [`${bytes(bytes_per_second)}/s`] : []),
    ...(seconds_left === null ? [] : [`${duration(seconds_left)} left`]),
  ];
  return parts.join(', ');
}

function isAbsence(error: unknown): boolean {
  if (!(error instanceof CliError)) return false;
  return error.code === 'unreachable' || (error.problem?.status ?? 0) >= 502;
}

/** The error for a run that was waited for and did not complete. */
export function runFailure({ state, name, sync_state, what_next }: Mirror): CliError | undefined {
  if (state === 'failed') {
    return new CliError(
      'run_failed',
      `The run of ${name} failed: ${sync_state.last_exception ?? 'no reason is known'}`,
      {
        next: `${what_next ?? 'What is local stays.'} npx sluice mirror run tries again.`,
      },
    );
  }
  if (state !== 'stopped') return undefined;
  return new CliError('run_stopped', `The run of ${name} was stopped.`, {
    next: 'What is local stays; npx sluice mirror run goes on.',
  });
}

import { sql } from 'kysely';
import { type RunEvent, type RunPhase, runTransitions } from '../run-states.ts';
import type { RunState } from '../tables.ts';

/** Where a row of `run` stands. */
const runPhase = sql<RunPhase>`(case when run.state = 'running' and run.stage = 'publish' then 'publishing' else run.state end)`;

/** Whether a row of `run` takes this event. */
export function takes(event: RunEvent) {
  return sql<boolean>`${runPhase} = any(${Object.keys(runTransitions[event])}::text[])`;
}

/** The column `state` of a row of `run` after this event, which it takes. */
export function stateAfter(event: RunEvent) {
  const moves = Object.entries(runTransitions[event]).map(
    ([from, to]) => sql`when ${sql.lit(from)} then ${sql.lit(to === 'publishing' ? 'running' : to)}`,
  );
  return sql<RunState>`(case ${runPhase} ${sql.join(moves, sql` `)} end)`;
}

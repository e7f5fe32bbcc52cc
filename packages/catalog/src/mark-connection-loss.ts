import { EventEmitter } from 'node:events';
import type { PoolClient } from 'pg';

/** `connection_failure`, as PostgreSQL's own clients name it. */
const connectionFailure = '08006';

/**
 * Have the queries of a connection say by their code that it broke: `pg` gives such errors only a message.
 *
 * A connection breaks without an answer when its server or the network dies, or is found broken by the first query after
 * it lay idle.
 */
export function markConnectionLoss(client: PoolClient): void {
  let isBroken = false;
  // Comes before the queries are told.
  client.on('error', () => {
    isBroken = true;
  });
  const mark = (error: Error & { code?: string }) => {
    if (isBroken && error instanceof Error) error.code ??= connectionFailure;
  };
  const ask = client.query.bind(client) as (...args: unknown[]) => unknown;
  const marking = (...args: unknown[]): unknown => {
    const last = args.at(-1);
    if (typeof last === 'function') {
      args[args.length - 1] = (error: Error, ...rest: unknown[]) => {
        mark(error);
        return last(error, ...rest);
      };
    }
    const answer = ask(...args);
    if (answer instanceof EventEmitter) answer.prependListener('error', mark);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error) => {
      mark(error);
      throw error;
    });
  };
  client.query = marking as typeof client.query;
}

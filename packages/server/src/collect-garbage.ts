import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { type: 'major'; flavor: 'last-resort' }) => void;

/**
 * Give memory that this thread does not use back to the system. The engine does so only when much new was made: a thread that
 * mostly waits keeps for minutes what one burst of work left behind. Takes some 50 ms: not while somebody waits for an answer.
 */
export function collectGarbage(): void {
  // There is no other way to ask for it: the flag gives new contexts a function.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
}

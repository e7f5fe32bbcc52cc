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

/** The columns of a million files take some 150 MB, which the engine would keep for a second or two after they were of use. */
const much_bytes = 400 * 1024 ** 2;

/** {@link collectGarbage} where the process holds much: for what is over in the middle of work. */
export function collectIfMuch(): void {
  if (process.memoryUsage.rss() > much_bytes) collectGarbage();
}

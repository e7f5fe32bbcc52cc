import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { sharedFacts } from '@sluice/policy';

/** Whether somebody still holds the facts whose columns have this digest. */
export async function areFactsHeld(key: string): Promise<boolean> {
  let isRead = false;
  await sharedFacts(key, async () => {
    isRead = true;
    return undefined;
  });
  return !isRead;
}

/** Collect what nobody holds; what was looked at in this turn stays until the next. */
export function collectUnheld(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  setFlagsFromString('--no-expose-gc');
  gc();
}

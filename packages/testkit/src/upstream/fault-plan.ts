import type { Fault } from './fault.ts';

/** Which requests fail, and how. */
export interface FaultPlan {
  /** Make the paths that match fail from now on; the newest fault that matches counts. */
  fail(paths: string | RegExp, fault: Fault): void;
  /**
   * Make one request fail: the one with that index, 0 being the first since the start or the last reset. `times` (1 unless
   * told otherwise) is how often: the further ones are the next that ask for the same path.
   */
  failAt(index: number, fault: Fault): void;
  /** Make every request fail from that index on; with `folder`, the upstream changes there. */
  failFrom(index: number, fault: Fault): void;
  /** What the request with that index meets: nothing, mostly. */
  take(index: number, path: string): Fault;
  clear(): void;
}

interface Planned {
  readonly fault: Fault;
  left: number;
  matches(index: number, path: string): boolean;
}

/** A plan in which nothing fails. */
export function planFaults(): FaultPlan {
  const planned: Planned[] = [];
  const add = (fault: Fault, times: number, matches: Planned['matches']) =>
    void planned.unshift({ fault, left: fault.times ?? times, matches });
  return {
    fail: (paths, fault) => add(fault, Number.POSITIVE_INFINITY, (_, path) => isMatch(paths, path)),
    failAt(index, fault) {
      let struck: string | undefined;
      add(fault, 1, (asked, path) => {
        if (asked === index) struck = path;
        return path === struck;
      });
    },
    failFrom: (index, fault) => add(fault, Number.POSITIVE_INFINITY, (asked) => asked >= index),
    take(index, path) {
      const found = planned.find((one) => one.left > 0 && one.matches(index, path));
      if (found) found.left--;
      return found?.fault ?? {};
    },
    clear: () => void planned.splice(0),
  };
}

function isMatch(paths: string | RegExp, path: string): boolean {
  return typeof paths === 'string' ? paths === path : paths.test(path);
}

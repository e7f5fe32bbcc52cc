/** The clockwork of runs, in ms (design.md §4). Tests make it faster. */
export interface RunTimings {
  /** How long a lease counts after its last renewal. */
  leaseMs: number;
  heartbeatMs: number;
  /** How often a worker looks whether it should stop. */
  stopPollMs: number;
  /** When a slice hands over to the next one, at the next safe place. */
  sliceMs: number;
  /** How long a batch of downloads waits for company. */
  batchMs: number;
  /** Pause before a refresh or download that was cut short is tried again. */
  retryPauseMs: number;
  /** When to ask again for a publication that has not come. */
  askAgainMs: number;
}

export const defaultTimings: RunTimings = {
  leaseMs: 15_000,
  heartbeatMs: 5_000,
  stopPollMs: 1_000,
  sliceMs: 45_000,
  batchMs: 200,
  retryPauseMs: 1_000,
  askAgainMs: 60_000,
};

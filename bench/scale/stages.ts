import { setTimeout as sleep } from 'node:timers/promises';
import { indexUrl } from '../sluice/head.ts';
import type { Management } from '../sluice/management.ts';
import type { SluiceProcess } from '../sluice/sluice-process.ts';

/** Seconds that the stages of a mirror's first run took, as somebody sees them who looks at the run and at the channel. */
export interface StageTimes {
  /** Fetching the index and taking the difference in. */
  readonly refresh_s: number;
  /** Judging every file. */
  readonly plan_s: number;
  /** From then to the first answer with a shard index. */
  readonly head_s: number;
  /** From then to the completed run, which is when the documents are out. */
  readonly monolith_s: number;
}

/** Where a run says that it has come to; the words are those of the API. */
const judging = 'Judging every file';
const publishing = 'Publishing';

/** Make a mirror of which a run is queued, and follow that run to its end. */
export async function timeStages(sluice: SluiceProcess, api: Management, mirror: object): Promise<StageTimes> {
  const begin = performance.now();
  const id = await api.createMirror('bench', mirror);
  const at: { judged?: number; publishing?: number; head?: number } = {};
  const index = indexUrl(sluice.url, 'bench');
  const empty = await tagOf(index);
  for (;;) {
    const { state, sync_state } = await api.mirror('bench', id);
    const now = performance.now();
    const said = sync_state?.current_step_description;
    const isOver = state === 'completed';
    if (said === judging || said === publishing || isOver) at.judged ??= now;
    if (said === publishing || isOver) at.publishing ??= now;
    if (at.publishing !== undefined && at.head === undefined && (await tagOf(index)) !== empty)
      at.head = performance.now();
    if (state === 'failed' || state === 'stopped') throw new Error(`The run ended as ${state}.`);
    if (isOver) {
      const { judged, publishing: published, head } = at;
      if (head === undefined) throw new Error('The run is completed, and there is no shard index.');
      const seconds = (from: number, to: number) => (to - from) / 1000;
      return {
        refresh_s: seconds(begin, judged!),
        plan_s: seconds(judged!, published!),
        head_s: seconds(published!, head),
        monolith_s: Math.max(0, seconds(head, now)),
      };
    }
    sluice.assertAlive();
    await sleep(10);
  }
}

/** Undefined while there is nothing. */
async function tagOf(url: string): Promise<string | undefined> {
  const response = await fetch(url, { method: 'HEAD' });
  return response.status === 200 ? (response.headers.get('etag') ?? undefined) : undefined;
}

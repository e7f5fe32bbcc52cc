import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { answer } from './connect.ts';
import { bytes } from './views/amounts.ts';

type Bundle = Schemas['Bundle'];

const firstWaitMs = 100;
const longestWaitMs = 2000;
const said: Record<string, string> = {
  parts: 'taking in parts',
  list: 'checking the state',
  records: 'taking in records',
  show: 'showing it',
  files: 'laying files',
};

/** Wait until an import is over, or lacks parts. Ctrl-C ends the waiting, not the work. */
export async function followImport({ api, io, progress }: Context, id: string): Promise<Bundle> {
  const params = { path: { id } };
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    const bundle = await answer(api.GET('/api/bundles/{id}', { params }));
    if (bundle.finished_at !== null || bundle.state === 'waiting') {
      progress.clear();
      return bundle;
    }
    const { bytes_read = 0, bytes_known = 0, bytes_total = 0 } = bundle.report as Record<string, number>;
    const done = bytes_read + bytes_known;
    progress.show(said[bundle.stage] ?? bundle.stage, done, Math.max(done, bytes_total, 1), bytes(bytes_read));
    await io.sleep(waitMs);
  }
}

import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { answer } from './connect.ts';
import { CliError } from './errors.ts';
import { bytes } from './views/amounts.ts';

type Bundle = Schemas['BundleWithParts'];

const firstWaitMs = 100;
const longestWaitMs = 2000;
const said: Record<string, string> = {
  attach: 'attachments',
  fetch: 'fetching files',
  list: 'listing',
  plan: 'laying out parts',
  write: 'writing parts',
};

/** Wait until a bundle is made, with progress. Ctrl-C ends the waiting, not the work. */
export async function followBundle({ api, io, progress }: Context, id: string): Promise<Bundle> {
  const params = { path: { id } };
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 1.5, longestWaitMs)) {
    const bundle = await answer(api.GET('/api/bundles/{id}', { params }));
    if (bundle.finished_at !== null) {
      progress.clear();
      return bundle;
    }
    const { bytes_written = 0, bytes_total = 0, fetched_bytes = 0 } = bundle.report as Record<string, number>;
    const note = bundle.stage === 'fetch' ? bytes(fetched_bytes) : bytes(bytes_written);
    progress.show(said[bundle.stage] ?? bundle.stage, bytes_written, Math.max(1, bytes_total), note);
    await io.sleep(waitMs);
  }
}

/** The error for one that did not get to its end. */
export function bundleFailure({ id, state, error }: Schemas['Bundle']): CliError | undefined {
  if (state !== 'failed' && state !== 'stopped') return undefined;
  return new CliError('bundle_failed', `The bundle ${state}: ${error?.message ?? 'somebody stopped it'}`, {
    next: `What is done stays: npx sluice bundle resume ${id} goes on.`,
  });
}

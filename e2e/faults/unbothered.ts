import { startUpstreamServer } from '@sluice/testkit';
import { startTestApp } from '@sluice/testkit/app';
import { readDocuments, type ShownDocuments } from './shown-channel.ts';

/** What the channel `demo` shows of an upstream's folder when nothing ever failed. */
export async function showUnbothered(folder: string): Promise<ShownDocuments> {
  const upstream = await startUpstreamServer({ folder });
  const app = await startTestApp({ env: { SLUICE_SOURCES: '127.0.0.0/8' } });
  try {
    const token = await app.adminToken();
    await app.request('POST', '/api/channels', { token, body: { name: 'demo', privacy: 'public' } });
    const body = { mirror_name: 'upstream', source_root: upstream.url, keep_legacy: true, run_now: true };
    await app.request('POST', '/api/channels/demo/mirrors', { token, body });
    await app.jobsDone();
    return await readDocuments(app.url);
  } finally {
    await app.close();
    await upstream.close();
  }
}

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { Schemas } from '@sluice/api-client';
import type { Context } from './command.ts';
import { answer, refused, unreachable } from './connect.ts';
import type { PartFile } from './part-files.ts';
import { sentOf } from './views/amounts.ts';

const attempts = 4;

/** Send a part to an import that was begun, from where a former sending broke off. @throws {CliError} */
export async function sendPart(context: Context, id: string, part: PartFile): Promise<void> {
  const { api, io, site, progress } = context;
  const { manifest, bytes, file } = part;
  const params = { path: { id, part: manifest.part } };
  const url = `${site.url}/api/bundles/imports/${id}/parts/${manifest.part}`;
  for (let attempt = 1; ; attempt++) {
    const sent = await answer(api.GET('/api/bundles/imports/{id}/parts/{part}', { params }));
    if (sent.done) return;
    const stream = createReadStream(file, { start: sent.bytes, end: bytes - 1, highWaterMark: 1 << 20 });
    let done = sent.bytes;
    stream.on('data', (chunk) => {
      done += chunk.length;
      progress.show(file, done, bytes, sentOf(done, bytes));
    });
    try {
      const response = await fetch(url, {
        method: 'PUT',
        headers: {
          'content-type': 'application/octet-stream',
          'content-range': `bytes ${sent.bytes}-${bytes - 1}/${bytes}`,
          ...(site.token === undefined ? {} : { authorization: `Bearer ${site.token}` }),
        },
        body: Readable.toWeb(stream) as never,
        duplex: 'half',
      } as RequestInit);
      const body = (await response.json()) as Schemas['SentPart'];
      if (!response.ok) throw refused(response.status, body, url);
      if (body.done) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      if (attempt >= attempts) throw unreachable(site.url, error);
      await io.sleep(500 * 2 ** attempt);
    } finally {
      stream.destroy();
    }
  }
}

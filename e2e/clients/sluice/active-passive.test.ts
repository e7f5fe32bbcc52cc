import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { condaSubdirs } from '@sluice/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sluice, startSluice } from './start-sluice.ts';

const documents = condaSubdirs.flatMap((subdir) =>
  ['repodata.json', 'repodata.json.zst', 'current_repodata.json'].map((name) => `${subdir}/${name}`),
);
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** Of every document, over all mirrors of all servers. */
const published = new Map(documents.map((document) => [document, new Set<string>()]));

describe.each(['HTTP', 'the folder', 'file://'])('mirrors of the 47 packages, by %s', (by) => {
  // Each way a Sluice of its own: what is local by one way would not be fetched by another.
  let sluice: Sluice;
  const mirrors: Record<string, { sync_state: { count: object } }> = {};

  beforeAll(async () => {
    sluice = await startSluice();
    const { upstream, folder } = sluice;
    const source_root = { HTTP: upstream.url, 'the folder': folder, 'file://': pathToFileURL(folder).href }[by];
    for (const mirror_mode of ['passive', 'active']) {
      await sluice.makeChannel(mirror_mode);
      mirrors[mirror_mode] = await sluice.mirror(mirror_mode, { mirror_mode, source_root });
    }
  });
  afterAll(() => sluice.close());

  const bytes = async (channel: string, document: string) => {
    const answer = await fetch(`${sluice.address(channel)}${document}`);
    expect(answer.status, `${channel} ${document}`).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };

  it('publish the same bytes, active and passive, as by the other ways', async () => {
    for (const [document, digests] of published) {
      for (const channel of ['active', 'passive']) digests.add(sha256(await bytes(channel, document)));
      expect(digests.size, document).toBe(1);
    }
  });

  it('count what an active one brought in as active, the rest as passive', () => {
    const none = { total: 47, failed: 0, removed: 0 };
    expect(mirrors.active!.sync_state.count).toMatchObject({ ...none, active: 47, passive: 0 });
    expect(mirrors.passive!.sync_state.count).toMatchObject({ ...none, active: 0, passive: 47 });
  });

  it('serve every file once an active one is complete, the upstream gone', async () => {
    await sluice.upstream.close();
    renameSync(sluice.folder, `${sluice.folder}-gone`);
    for (const channel of ['active', 'passive']) {
      let served = 0;
      for (const subdir of condaSubdirs) {
        const index = JSON.parse((await bytes(channel, `${subdir}/repodata.json`)).toString());
        const records: Record<string, object> = { ...index.packages, ...index['packages.conda'] };
        for (const [file, record] of Object.entries(records)) {
          const content = await bytes(channel, `${subdir}/${file}`);
          expect(record).toMatchObject({ size: content.byteLength, sha256: sha256(content) });
          served++;
        }
      }
      expect(served).toBe(47);
    }
  });
});

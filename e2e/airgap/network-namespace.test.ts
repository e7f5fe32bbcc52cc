import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runClient, runClientsBy } from '../clients/client-process.ts';
import { describeInNamespaces } from './describe-in-namespaces.ts';
import { openCutOff, openJoined } from './network-namespace.ts';

const work = mkdtempSync(path.join(os.tmpdir(), 'sluice-namespace-'));
afterAll(() => rmSync(work, { recursive: true }));

const fetching = (url: string, patience_ms: number) =>
  runClient({
    argv: [
      process.execPath,
      '-e',
      `fetch(${JSON.stringify(url)}, { signal: AbortSignal.timeout(${patience_ms}) })
    .then((answer) => answer.text(), () => 'failed').then((text) => process.stdout.write(text, () => process.exit()))`,
    ],
    work,
  });

describeInNamespaces('two networks', () => {
  it('one that is joined reaches us, and we it', async () => {
    const network = await openJoined();
    const server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, network.here, resolve));
    const url = `http://${network.here}:${(server.address() as AddressInfo).port}/`;
    expect((await runClientsBy(network.enter, () => fetching(url, 60_000))).stdout).toBe('hello');
    server.close();
    await network.close();
  });

  it('one that is cut off reaches nothing, and who tries is counted, by name and by address', async () => {
    const network = await openCutOff();
    try {
      expect(await network.outbound()).toBe(0);
      await runClientsBy(network.enter, () => fetching('http://127.0.0.1:9/', 1_500));
      expect(await network.outbound()).toBe(0);
      await runClientsBy(network.enter, () => fetching('http://198.51.100.7/', 1_500));
      const byAddress = await network.outbound();
      expect(byAddress).toBeGreaterThan(0);
      await runClientsBy(network.enter, () => fetching('http://upstream.example/', 1_500));
      expect(await network.outbound()).toBeGreaterThan(byAddress);
    } finally {
      await network.close();
    }
  });
});

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startUpstreamServer, type UpstreamServer, writeCondaChannel } from '@sluice/testkit';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type Bench, openBench } from './bench.ts';

/** What a test that mirrors the real packages works with. */
export interface Scene {
  /** A folder with a channel of them, and this test's own copy of it. */
  pristine: string;
  channel: string;
  /** Serves the copy. */
  upstream: UpstreamServer;
  /** How the upstream behaves; read at each request. */
  behaviour: { folder: string; validators: boolean; ranges: boolean };
  /** May read `channel` as a `file:` source, too. */
  bench: Bench;
}

/** Set the scene before each test of the file, and clear it away after. Called at the top of the file; `take` gets each scene. */
export function sceneForEach(take: (scene: Scene) => void): void {
  let pristine: string;
  let scene: Scene;
  beforeAll(() => {
    pristine = mkdtempSync(join(tmpdir(), 'pristine-'));
    writeCondaChannel(pristine);
  });
  afterAll(() => rmSync(pristine, { recursive: true }));
  beforeEach(async () => {
    const channel = mkdtempSync(join(tmpdir(), 'channel-'));
    cpSync(pristine, channel, { recursive: true });
    const behaviour = { folder: channel, validators: true, ranges: true };
    scene = {
      pristine,
      channel,
      behaviour,
      upstream: await startUpstreamServer(behaviour),
      bench: await openBench(channel),
    };
    take(scene);
  });
  afterEach(async () => {
    await scene.upstream.close();
    await scene.bench.close();
    rmSync(scene.channel, { recursive: true });
  });
}

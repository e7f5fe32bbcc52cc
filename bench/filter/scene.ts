import path from 'node:path';
import { startUpstreamServer, type UpstreamServer } from '@sluice/testkit';
import { type BenchDatabase, openDatabase } from '../sluice/database.ts';
import { type Management, manage } from '../sluice/management.ts';
import { type MemoryWatch, watchMemory } from '../sluice/memory.ts';
import { type SluiceProcess, startSluice } from '../sluice/sluice-process.ts';

/** A Sluice, whoever looks into it, and its upstream. */
export interface Scene {
  readonly upstream: UpstreamServer;
  /** How the upstream behaves; read at each request. */
  readonly behaviour: { folder: string; validators: boolean };
  readonly memory: MemoryWatch;
  life: Life;
  /** Stop the Sluice and start it again on its data. */
  restart(): Promise<void>;
  /** Stop the Sluice; what it held at most is known then. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** From one start of the Sluice to its end. */
export interface Life {
  readonly sluice: SluiceProcess;
  readonly api: Management;
  readonly database: BenchDatabase;
}

/** Start an upstream on `channel` and a Sluice with its data below `folder`. */
export async function openScene(channel: string, folder: string): Promise<Scene> {
  const behaviour = { folder: channel, validators: true };
  const upstream = await startUpstreamServer(behaviour);
  const memory = watchMemory();
  const begin = async (): Promise<Life> => {
    const sluice = await startSluice(path.join(folder, 'sluice'));
    memory.follow(sluice);
    return { sluice, api: await manage(sluice), database: openDatabase(sluice) };
  };
  const end = async ({ sluice, database }: Life) => {
    memory.leave();
    await database.close();
    await sluice.stop();
  };
  let isOver = false;
  const scene: Scene = {
    upstream,
    behaviour,
    memory,
    life: await begin(),
    restart: async () => {
      await end(scene.life);
      scene.life = await begin();
    },
    stop: async () => {
      if (isOver) return;
      isOver = true;
      await end(scene.life);
    },
    close: async () => {
      await scene.stop();
      await upstream.close();
    },
  };
  return scene;
}

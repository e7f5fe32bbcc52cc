import { setTimeout as pause } from 'node:timers/promises';
import { channelsBelow, enqueuePublication, type LayerState } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import type { AskedMirror, NameAsker } from '@sluice/mirror';
import { isOwnName, publishChannel } from '@sluice/publish';
import { neededNoarch } from '@sluice/registry';
import type { Rooms } from '../../../compose.ts';
import type { AskDeps } from './ask-first.ts';
import type { ProjectDeps } from './project-answer.ts';

/** How long a client waits for a publication that others are making; then it gets what there is. */
const patienceMs = 10_000;
const pauseMs = 50;

/** What bringing up works with. */
interface BringUpDeps extends Pick<ProjectDeps, 'entry'> {
  rooms: Rooms;
  asker: NameAsker;
  /** Forget what a publication changes: its announcement may come after the answer. */
  forget: () => void;
}

/** See {@link AskDeps}. */
export function createBringUp({ rooms, asker, entry, forget }: BringUpDeps): AskDeps['bringUp'] {
  return async function bringUp(channelId, project): Promise<AskedMirror[]> {
    if (await isOwnName(rooms, channelId, pythonPart, project)) return [];
    // What a channel below shows is what this one has of it, so that comes first. Stacks are five deep at most.
    const below: AskedMirror[] = [];
    for (const { id } of await channelsBelow(rooms.db, channelId)) below.push(...(await bringUp(id, project)));
    const asked = await asker.ask(channelId, project);
    const mirrors = [...asked.mirrors, ...below];
    if (asked.moved || (await isLate(mirrors, channelId, project))) await publishNow(channelId, project);
    return mirrors;
  };

  /** Whether an upstream has the project and the head does not: somebody else asked, and has not published yet. */
  async function isLate(mirrors: readonly AskedMirror[], channelId: number, project: string): Promise<boolean> {
    if (!mirrors.some(({ known }) => known !== undefined && !known.absent)) return false;
    return (await entry(channelId, undefined, `${pythonPart}/${project}`)) === undefined;
  }

  async function publishNow(channelId: number, project: string): Promise<void> {
    const deps = { ...rooms, neededNoarch: (layer: LayerState) => neededNoarch(rooms, layer) };
    const cause = `first ask for ${project}`;
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const { status } = await publishChannel(deps, channelId, cause);
      if (status === 'published') {
        // The documents follow by the job.
        await enqueuePublication(rooms.db, channelId, [{ text: cause, actor: null }]);
        forget();
      }
      if (status !== 'busy' || performance.now() > deadline) return;
      await pause(pauseMs);
    }
  }
}

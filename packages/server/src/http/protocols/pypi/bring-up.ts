import { setTimeout as pause } from 'node:timers/promises';
import { channelsBelow, enqueuePublication, findChannelById, findEntry, type LayerState } from '@sluice/catalog';
import { pythonPart } from '@sluice/formats/package';
import { createSemaphore } from '@sluice/identity';
import type { AskedMirror, NameAsker } from '@sluice/mirror';
import { isHiddenFrom, joinCauses, publishChannel, type RuledLayer } from '@sluice/publish';
import { neededFiles } from '@sluice/registry';
import type { Rooms } from '../../../compose.ts';
import type { AskDeps } from './ask-first.ts';
import type { ProjectDeps } from './project-answer.ts';
import { together } from './together.ts';

/** How long a client waits for a publication that others are making; then it gets what there is. */
const patienceMs = 10_000;
const pauseMs = 50;
/**
 * Publications this process makes at once for those who ask: each holds a connection and needs others, of which there are ten, and
 * more of them than that would wait for each other without end.
 */
const publishing = createSemaphore(3);

/** What bringing up works with. */
interface BringUpDeps extends Pick<ProjectDeps, 'entry'> {
  rooms: Rooms;
  asker: NameAsker;
  /** The layers of a channel and the rules in force there. */
  layers: (channelId: number) => Promise<readonly RuledLayer[]>;
  /** Forget what a publication changes: its announcement may come after the answer, also where somebody else has made it. */
  forget: () => void;
}

/** See {@link AskDeps}. */
export function createBringUp({ rooms, asker, entry, layers, forget }: BringUpDeps): AskDeps['bringUp'] {
  // A resolver asks for dozens of names at once, and one publication can show them all.
  const publishNow = together<string>((channelId, projects) => publish({ rooms, forget }, channelId, projects));

  return async function bringUp(channelId, project): Promise<AskedMirror[]> {
    const channel = await findChannelById(rooms.db, channelId);
    if (!channel) return [];
    const isHidden = async (place: 'mirrors' | number) =>
      isHiddenFrom(rooms, channel, await layers(channelId), place, pythonPart, project);
    const askBelow = async (): Promise<AskedMirror[]> => {
      const asked: AskedMirror[] = [];
      // Stacks are five deep at most.
      for (const { id } of await channelsBelow(rooms.db, channelId)) {
        if (!(await isHidden(id))) asked.push(...(await bringUp(id, project)));
      }
      return asked;
    };
    // Names of our own are nobody else's business.
    if (await isHidden('mirrors')) return [];
    // What a channel below shows is what this one has of it, so that comes first, unless it may be hidden by what is above.
    const below = channel.name_priority === 'merge' ? await askBelow() : [];
    const asked = await asker.ask(channelId, project);
    if (channel.name_priority === 'strict') {
      if (asked.moved) await publishMoved(channelId, project);
      below.push(...(await askBelow()));
    }
    const mirrors = [...asked.mirrors, ...below];
    if (asked.moved && channel.name_priority === 'merge') await publishMoved(channelId, project);
    else if (await isLate(mirrors, channelId, project)) {
      await publishNow(channelId, project);
      // The job that follows the channel below may have been quicker, and its announcement be on its way.
      if (await findEntry(rooms.db, channelId, 'shard', `${pythonPart}/${project}`)) forget();
    }
    return mirrors;
  };

  async function publishMoved(channelId: number, project: string): Promise<void> {
    await publishNow(channelId, project);
    // Somebody else, the job that came along or another node, may have been quicker.
    forget();
  }

  /** Whether an upstream has the project and the head does not: somebody else asked, and has not published yet. */
  async function isLate(mirrors: readonly AskedMirror[], channelId: number, project: string): Promise<boolean> {
    if (!mirrors.some(({ known }) => known !== undefined && !known.absent)) return false;
    return (await entry(channelId, undefined, `${pythonPart}/${project}`)) === undefined;
  }
}

async function publish(
  { rooms, forget }: Pick<BringUpDeps, 'rooms' | 'forget'>,
  channelId: number,
  projects: readonly string[],
): Promise<void> {
  const deps = { ...rooms, neededFiles: (layer: LayerState) => neededFiles(rooms, layer) };
  const causes = projects.map((project) => ({ text: `first ask for ${project}`, actor: null }));
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { status } = await publishing(() => publishChannel(deps, channelId, joinCauses(causes).cause));
    if (status === 'published') {
      // The documents follow by the job.
      await enqueuePublication(rooms.db, channelId, causes);
      forget();
    }
    if (status !== 'busy' || performance.now() > deadline) return;
    await pause(pauseMs);
  }
}

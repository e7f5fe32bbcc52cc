import type { IncomingMessage, ServerResponse } from 'node:http';
import { pythonPart } from '@sluice/formats/package';
import type { MirrorError } from '@sluice/mirror';
import type { FileAnswer } from '@sluice/publish';
import { ServerError } from '../../../errors.ts';
import { fileRefusal } from '../file-refusal.ts';
import { type Place, placeName } from '../place.ts';
import type { SendFileDeps } from '../send-file.ts';
import type { Asked } from './ask-first.ts';

/** What finding out works with. */
export interface RefusedDeps extends Pick<SendFileDeps, 'judge'> {
  /** Keys of files that a channel's layers have or had under a name, some of the newest of them. */
  knownFiles: (channelId: number, part: string, name: string) => Promise<readonly string[]>;
}

type Refusal = Exclude<FileAnswer, { status: 'served' }>;

/**
 * Answer for a project that is known, or might be, and of which nothing is shown: why, in words that whoever runs the installer gets to read.
 *
 * 404 would send uv to its next index, for a package of the same name by anybody, and 403 has it speak of credentials; at
 * 451 it stops and shows the problem's detail. pip passes over every page that is not 200 without a word; of one in a media
 * type that it does not know it prints the type, so there the words are in it. Tried with pip 26.3 and uv 0.13.
 *
 * @returns false when nothing is known of the project.
 * @throws {ServerError} `project_refused`; {@link MirrorError} when the upstream failed and nothing was known before. Not to pip.
 */
export async function sendRefusedProject(
  deps: RefusedDeps,
  place: Place,
  { project, asked }: { project: string; asked: Asked },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const refusal = await refusalOf(deps, place, project, asked);
  if (!refusal) return false;
  if (!request.headers['user-agent']?.startsWith('pip/')) throw refusal;
  const words = refusal.message.replace(/[^\x20-\x7e]+/g, ' ').replace(/["\\]/g, "'");
  const body = `${refusal.message}\n`;
  response.writeHead(200, {
    'Content-Type': `text/plain; charset=utf-8; reason="${words.slice(0, 600)}"`,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    Vary: 'User-Agent',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  return true;
}

async function refusalOf(
  deps: RefusedDeps,
  place: Place,
  project: string,
  { mirrors }: Asked,
): Promise<ServerError | MirrorError | undefined> {
  const { channel, at } = place;
  const answers: Refusal[] = [];
  for (const file of await deps.knownFiles(channel.id, pythonPart, project)) {
    const answer = await deps.judge(channel.id, at?.no, pythonPart, file);
    if (answer.status !== 'served' && answer.status !== 'absent') answers.push(answer);
  }
  // What a rule says tells most.
  const told = answers.find(({ status }) => status === 'refused') ?? answers[0];
  if (told) {
    const { message, reasons } = fileRefusal(placeName(place), project, told);
    return new ServerError('project_refused', message, reasons === undefined ? {} : { reasons });
  }
  const keptOut = mirrors.find(({ status }) => status === 'kept_out');
  if (keptOut) {
    return new ServerError(
      'project_refused',
      `${project} is kept out of channel ${placeName(place)}: the rule "${keptOut.reason}" of the mirror ${keptOut.mirror.name} lets nothing of that name in. Ask the channel's owner.`,
    );
  }
  const failed = mirrors.find(({ status }) => status === 'failed');
  if (failed?.error) return failed.error;
  if (!mirrors.some(({ known }) => known !== undefined && !known.absent)) return undefined;
  return new ServerError(
    'project_refused',
    `${project} is known to channel ${placeName(place)}, but none of its files can be used here. Ask the channel's owner.`,
  );
}

import { parseFileName } from '@sluice/formats/conda';
import { ServerError } from '../../../errors.ts';
import type { Remembered } from '../../remembered.ts';
import type { Answer } from '../answer.ts';
import { revalidated } from '../cache-control.ts';
import { type Place, placeName } from '../place.ts';
import type { RepoProtocol } from '../repo-protocol.ts';
import { sendAnswer } from '../send-answer.ts';
import { type SendFileDeps, sendFile } from '../send-file.ts';
import { type DocumentDeps, documentAnswer } from './document-answer.ts';
import { documentRequest } from './documents.ts';
import { type ShardFinder, shardAnswer, shardRequest } from './shard-answer.ts';

/** What the conda door works with. All memories are flushed by `sluice_changed`. */
export interface CondaDoorDeps extends DocumentDeps, SendFileDeps {
  /** The notices.json of a channel, by its number. */
  notices: Remembered<number, { bytes: Buffer; etag: string }>;
  findShard: ShardFinder;
}

/** The conda protocol: all addresses that are no other protocol's. @see CEP 16, CEP 26, CEP 36 */
export function condaDoor(deps: CondaDoorDeps): RepoProtocol {
  return {
    segments: [],
    uploads: () => [],
    async serve(place, { rest }, request, response) {
      const send = (answer: Answer) => sendAnswer(deps, request, response, answer);
      const document = documentRequest(rest);
      if (document) return send(await documentAnswer(deps, place, document, request));
      const shard = shardRequest(rest);
      if (shard) return send(await shardAnswer(deps.findShard, place, shard));
      if (rest === 'notices.json') return send(await noticesAnswer(deps, place));
      if (rest === '') throw new ServerError('file_missing', addressesOf(place));
      const [part, file, ...more] = rest.split('/');
      if (!part || !file || more.length > 0 || !isPackageFile(file)) {
        throw new ServerError('file_missing', `Channel ${placeName(place)} has nothing at "${rest}".`);
      }
      const contentType = file.endsWith('.bz2') ? 'application/x-bzip2' : 'application/octet-stream';
      return sendFile(deps, place, { part, file, contentType, shown: `${part}/${file}` }, request, response);
    },
  };
}

/** For who looks at a channel's address in a browser. */
function addressesOf(place: Place): string {
  const list = `/api/channels/${place.channel.path.replace('/', '/subchannels/')}/artifacts`;
  return `This is the address of channel ${placeName(place)}, for clients: conda's take it as it is, pip and uv with simple/ behind it, R with cran. Its packages are listed at ${list}.`;
}

async function noticesAnswer(deps: CondaDoorDeps, { channel, vary }: Place): Promise<Answer> {
  const { bytes, etag } = await deps.notices.get(channel.id);
  const body = { kind: 'bytes', bytes } as const;
  return { etag, contentType: 'application/json', cacheControl: revalidated(channel), vary, body };
}

function isPackageFile(file: string): boolean {
  try {
    parseFileName(file);
    return true;
  } catch {
    return false;
  }
}

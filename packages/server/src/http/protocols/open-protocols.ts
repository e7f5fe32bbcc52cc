import type { IncomingMessage } from 'node:http';
import { addDownloads } from '@sluice/catalog';
import { askLists, createNameAsker } from '@sluice/mirror';
import type { Rooms } from '../../compose.ts';
import { createHotAnswers, type HotAnswers } from '../hot-answers.ts';
import type { Metrics } from '../metrics.ts';
import type { PrincipalOf } from '../principal-of.ts';
import type { Protocol } from '../protocol.ts';
import { requestContext } from '../request-context.ts';
import { accelPath } from './accel.ts';
import { createBodyMemory } from './body-memory.ts';
import { condaDoor } from './conda/door.ts';
import { cranDoor } from './cran/door.ts';
import { downloadCounter } from './download-counter.ts';
import { filesDoor } from './files/door.ts';
import { openMemories } from './memories.ts';
import { createBringUp } from './pypi/bring-up.ts';
import { derivePast } from './pypi/derived-past.ts';
import { pypiDoor } from './pypi/door.ts';
import { findBeside } from './pypi/find-beside.ts';
import { repoDoor } from './repo-door.ts';
import type { ReadyAnswer } from './send-answer.ts';
import { createUnpacking } from './unpacking.ts';

/** Small bodies kept in memory: the indexes of all subdirs of a large channel and the shards that are asked for. */
const bodyMemoryBytes = 32 * 1024 * 1024;

/** The doors of the client protocols, and what answers before them. */
export interface OpenProtocols {
  protocols: Protocol[];
  hot: HotAnswers;
}

/** Open the doors of the client protocols, with memories that `sluice_changed` flushes. */
export function openProtocols(rooms: Rooms, principalOf: PrincipalOf, metrics: Metrics): OpenProtocols {
  const { db, storage, now } = rooms;
  const memories = openMemories(rooms);
  const downloads = downloadCounter((counts) => addDownloads(db, counts), rooms.log);
  rooms.onClose(() => downloads.close());
  const hot = createHotAnswers({ now, metrics, lastUsed: rooms.lastUsed, countDownload: downloads.count });
  const forget = () => {
    memories.forget();
    hot.forget();
  };
  rooms.onChange(forget);
  const asker = createNameAsker(rooms.mirroring);
  const bringUp = createBringUp({ rooms, asker, entry: memories.entry, layers: memories.layers, forget });
  const deps = {
    ...rooms,
    ...memories,
    now,
    db,
    principalOf,
    storage,
    memory: createBodyMemory(bodyMemoryBytes),
    unpacking: createUnpacking(),
    accelPath: accelPath(rooms.config.listen, storage),
    onReady: (request: IncomingMessage, ready: ReadyAnswer) => {
      const { hotKey, principal } = requestContext(request);
      if (hotKey && principal) hot.keep(hotKey, principal, ready);
    },
    fetcher: rooms.fetcher,
    countDownload: downloads.count,
    bringUp,
    askLists: (channelId: number) => askLists(rooms.mirroring, channelId),
    derivedPage: derivePast(rooms, { bringUp, entry: memories.entry }),
    companion: findBeside(rooms),
  };
  return { protocols: [repoDoor(deps, [pypiDoor(deps), cranDoor(deps), filesDoor(deps), condaDoor(deps)])], hot };
}

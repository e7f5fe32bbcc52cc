import type { Rooms } from '../compose.ts';
import { ServerError } from '../errors.ts';
import { buildApp, listener } from './app.ts';
import type { Behind } from './front.ts';
import type { Metrics } from './metrics.ts';
import { createPrincipalOf } from './principal-of.ts';
import type { Protocol } from './protocol.ts';
import { openProtocols } from './protocols/open-protocols.ts';

/** Build what stands behind the front: the protocols' doors, asked in this order, and the management API. */
export async function openDoors(rooms: Rooms, metrics: Metrics): Promise<Behind> {
  const { databaseUp } = rooms;
  if (!rooms.config.work.roles.includes('web')) return { protocols: [closed], api: () => {}, databaseUp };
  const principalOf = createPrincipalOf(rooms);
  const app = await buildApp({ ...rooms, principalOf });
  return {
    ...openProtocols(rooms, principalOf, metrics),
    api: listener(app),
    databaseUp,
    leave: rooms.followers.close,
  };
}

/** The door of a process that only runs jobs. */
const closed: Protocol = () => {
  throw new ServerError('not_found', 'This process only runs jobs (SLUICE_ROLES); ask a node with the role web.');
};

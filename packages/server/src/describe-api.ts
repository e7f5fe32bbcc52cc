import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose } from './compose.ts';
import { readConfig } from './config/read-config.ts';
import { buildApp } from './http/app.ts';
import { createPrincipalOf } from './http/principal-of.ts';
import { createLog } from './log.ts';

/** The OpenAPI 3.1 description that a server answers at `/swagger/json`, from its route table; needs no database. */
export async function describeApi(): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-describe-'));
  const config = readConfig({ SLUICE_DATA_DIR: folder });
  // Nothing connects before the first query, and there is none.
  const database = 'postgresql://nobody@localhost/nothing';
  const rooms = await compose({
    config,
    database,
    log: createLog('silent'),
    name: 'sluice describe',
    onRegenerated: () => {},
  });
  try {
    const app = await buildApp({ ...rooms, principalOf: createPrincipalOf(rooms) });
    return app.swagger();
  } finally {
    await rooms.close();
    await rm(folder, { recursive: true });
  }
}

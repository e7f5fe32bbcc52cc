import { CatalogError } from '@sluice/catalog';
import { StorageError } from '@sluice/storage';
import { collectGarbage } from './collect-garbage.ts';
import { readConfig, unknownVariables } from './config/read-config.ts';
import { ServerError } from './errors.ts';
import { createLog } from './log.ts';
import { serve } from './serve.ts';

// The program behind `npm start`. Standard output has what a person must read, standard error the log.

try {
  await main();
} catch (error) {
  const isForPeople = [ServerError, CatalogError, StorageError].some((kind) => error instanceof kind);
  if (!isForPeople) throw error;
  const { code, message } = error as ServerError | CatalogError | StorageError;
  process.stderr.write(`${message}\n`);
  process.exitCode = code === 'config_invalid' ? 2 : 1;
}

async function main(): Promise<void> {
  const { env } = process;
  const config = readConfig(env);
  const log = createLog(config.work.log_level);
  for (const name of unknownVariables(env)) log.warn({ name }, 'this environment variable means nothing to Sluice');
  process.on('uncaughtException', (error) => {
    log.fatal({ error }, 'ended by a fault that nobody foresaw; jobs go on at the next start');
    process.exit(1);
  });
  const tell = (line: string) => void process.stdout.write(`${line}\n`);
  // Half of what the engine holds by then is left over from reading the program; later somebody would wait for the collector.
  const beforeOpening = collectGarbage;
  const starting = serve({ config, env: { ...env }, log, tell, jobs: 'thread', beforeOpening });
  let asked = 0;
  const stop = async (signal: string) => {
    asked += 1;
    // Asked again, somebody is in a hurry: the database child ends with us.
    if (asked > 1) process.exit(130);
    log.info({ signal }, 'stopping');
    const server = await starting.catch(() => undefined);
    await server?.close();
    log.info('stopped');
    process.exit();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  const server = await starting;
  log.info({ url: server.url, roles: config.work.roles }, 'ready');
}

import net from 'node:net';
import { hashOf } from './place.ts';
import { inUse } from './postmaster-file.ts';

/**
 * Hold a data folder for this process, so that two servers never manage one database.
 *
 * It is a socket in Linux's abstract namespace: taken by one process at a time and let go by the kernel when that dies,
 * so no stale lock can remain.
 *
 * @returns lets go.
 * @throws {CatalogError} `pg_in_use`.
 */
export function lockData(home: string): Promise<() => void> {
  const server = net.createServer((connection) => connection.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? inUse(home) : error));
    server.listen({ path: `\0sluice-pg-${hashOf(home)}`, exclusive: true }, () => resolve(() => void server.close()));
  });
}

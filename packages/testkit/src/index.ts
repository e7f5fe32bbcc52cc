export { condaSubdirs, readCondaIndex, writeCondaChannel, writeCondaPackages } from './conda-channel.ts';
export { createTestDatabase, type TestDatabase } from './database.ts';
export { startTestApp, type TestApp } from './test-app.ts';
export { testPostgres } from './test-postgres.ts';
export {
  type AskedOf,
  type Fault,
  startUpstreamServer,
  type UpstreamServer,
  type UpstreamServerOptions,
} from './upstream-server.ts';

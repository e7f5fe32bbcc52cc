export {
  condaSubdirs,
  readCondaIndex,
  writeCondaChannel,
  writeCondaPackages,
  writeCondaSubdir,
} from './conda-channel.ts';
export {
  type BuiltPackage,
  buildCondaFile,
  buildCondaPackage,
  buildTar,
  buildZip,
  type CondaPackageOptions,
  type TarItem,
  type ZipItem,
} from './conda-package.ts';
export { removeCondaDocuments, type ShardStyle, writeCondaShards } from './conda-shards.ts';
export { type BuiltRPackage, buildCranTree, buildRPackage, type RPackageOptions } from './cran-package.ts';
export { createTestDatabase, type TestDatabase } from './database.ts';
export { encodeBzip2 } from './encode-bzip2.ts';
export { areFactsHeld, collectUnheld } from './held-facts.ts';
export { streamLargePackage } from './large-package.ts';
export { newTestId } from './new-test-id.ts';
export {
  type BuiltPythonPackage,
  buildSdist,
  buildWheel,
  type PythonPackageOptions,
  type WheelOptions,
} from './python-package.ts';
export { randomBytesOf, randomNumbers } from './random-numbers.ts';
export { createTestCatalog, type TestCatalog, type TestRecords, testRecord } from './seed.ts';
export { type IndexedFile, indexedFile, type SimpleIndexStyle, writeSimpleIndex } from './simple-index.ts';
export { testPostgres } from './test-postgres.ts';
export { testSeed } from './test-seed.ts';
export type { Fault } from './upstream/fault.ts';
export { type ProxyServer, type ProxyServerOptions, startProxyServer } from './upstream/proxy-server.ts';
export { makeTestAuthority, type TestAuthority } from './upstream/test-authority.ts';
export {
  type AskedOf,
  startUpstreamServer,
  type UpstreamServer,
  type UpstreamServerOptions,
} from './upstream/upstream-server.ts';
export { wakingTime } from './waking-time.ts';

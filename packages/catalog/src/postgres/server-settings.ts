/**
 * How the embedded server runs: for two cores, few clients and bulk COPY, and durable. Given on the command line at every
 * start, so a new version of Sluice changes them without touching the data folder.
 */
export const serverSettings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '128MB',
  huge_pages: 'off',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  random_page_cost: '1.1',
  jit: 'off',
  max_worker_processes: '4',
  max_parallel_workers_per_gather: '1',
  max_parallel_maintenance_workers: '1',
  autovacuum: 'on',
  autovacuum_max_workers: '2',

  // Nobody replicates from us, so a COPY into a table made or emptied in the same transaction needs no WAL.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_wal_size: '2GB',
  wal_buffers: '16MB',
  // What is changed for the first time after a start is logged as a whole page: to press thousands of these takes longer than to
  // write them, and there is nothing quicker than pglz in the binaries.
  wal_compression: 'off',
  checkpoint_timeout: '15min',
  synchronous_commit: 'on',
  fsync: 'on',
  full_page_writes: 'on',

  // A query whose client was killed lets go of its locks in this time.
  client_connection_check_interval: '2s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  log_checkpoints: 'off',
  // `log` ranks above `error`: a failed statement is its caller's to report, and its text may hold what no log should.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
};

/** The settings as arguments of `postgres`. */
export function settingArguments(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Quote a folder for a setting that takes a list of folders. */
export function quoteFolder(folder: string): string {
  return `"${folder.replaceAll('"', '""')}"`;
}

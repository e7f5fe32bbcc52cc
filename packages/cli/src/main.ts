import http from 'node:http';
import { processIo } from './io.ts';
import { runCli } from './run-cli.ts';

// `sluice list | head` closes our stdout; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

// HTTP(S)_PROXY and NO_PROXY hold for us too, but never for a server on this machine.
const { NO_PROXY, no_proxy = NO_PROXY } = process.env;
const own = ['localhost', '127.0.0.1', '[::1]', '::1'];
http.setGlobalProxyFromEnv({ ...process.env, no_proxy: [no_proxy, ...own].filter(Boolean).join(',') });

process.exitCode = await runCli(process.argv.slice(2), processIo());

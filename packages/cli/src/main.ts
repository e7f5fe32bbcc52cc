import { processIo } from './io.ts';
import { printError } from './print-error.ts';
import { runCli } from './run-cli.ts';
import { useProxies } from './use-proxies.ts';

const argv = process.argv.slice(2);
const io = processIo();

// `sluice list | head` closes our stdout; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  useProxies(process.env);
  process.exitCode = await runCli(argv, io);
} catch (error) {
  process.exitCode = printError(error, { io, json: argv.includes('--json'), debug: argv.includes('--debug') });
}

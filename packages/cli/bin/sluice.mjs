#!/usr/bin/env node
import { spawn } from 'node:child_process';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

// The door for whatever Node is installed. The program is TypeScript and wants Node 24; an older one hands over to the
// Node that `npm ci` brought. So this file is plain JavaScript that also Node 16 can read.

const wanted = 24;

if (Number(process.versions.node.split('.')[0]) >= wanted) {
  // Halves the start. Not in the folder for temporary files, where others could have put something.
  module.enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/sluice', import.meta.url)));
  await import('../src/main.ts');
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(
      `sluice: needs Node ${wanted} or newer; this is ${process.version}. Run npm ci in the repository, which brings one along.`,
    );
    process.exitCode = 1;
  } else {
    handOver(node);
  }
}

function bundledNode() {
  const system = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${system}-${process.arch}`;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node${system === 'win' ? '.exe' : ''}`);
  } catch {
    return undefined;
  }
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // This one ends as the other ends, also when only this one is told to.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(`sluice: ${node} does not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.once('close', (status, signal) => {
    if (signal === null) {
      process.exitCode = status ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

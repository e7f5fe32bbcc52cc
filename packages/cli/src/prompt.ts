import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';

type Terminal = Pick<Io, 'stdin' | 'stderr'>;

/** Whether there is a person to ask. */
export function canAsk({ stdin, stderr }: Terminal): boolean {
  return Boolean(stdin.isTTY && stderr.isTTY);
}

/** Ask the person at the terminal; the question goes to stderr. @throws {CliError} `cancelled` by Ctrl-C or Ctrl-D. */
export function ask(io: Terminal, question: string): Promise<string> {
  return read(io, question, io.stderr);
}

/** Ask for what nobody must see: nothing of the answer appears. @throws {CliError} `cancelled`. */
export async function askSecret(io: Terminal, question: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await read(io, question, nowhere);
  } finally {
    io.stderr.write('\n');
  }
}

/** Ask yes or no; anything but yes is no. Where there is nobody to ask, the command line was the answer. */
export async function confirm(io: Terminal, question: string, sure: boolean | undefined): Promise<void> {
  if (sure || !canAsk(io)) return;
  const said = await ask(io, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(said.trim())) throw cancelled();
}

/** A secret from stdin, up to its line end. */
export async function readSecret({ stdin }: Pick<Io, 'stdin'>): Promise<string> {
  return (await text(stdin)).replace(/\r?\n$/, '');
}

function read({ stdin, stderr }: Terminal, question: string, echo: Writable): Promise<string> {
  const lines = createInterface({ input: stdin, output: echo, terminal: true, historySize: 0 });
  // Only now, with the terminal's own echo off: a fast answer would show.
  if (echo !== stderr) stderr.write(question);
  return new Promise((resolve, reject) => {
    let said: string | undefined;
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => (said === undefined ? reject(cancelled()) : resolve(said)));
    lines.question(question, (line) => {
      said = line;
      lines.close();
    });
  });
}

function cancelled(): CliError {
  return new CliError('cancelled', 'Cancelled; nothing was done.');
}

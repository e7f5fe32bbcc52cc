import { setImmediate as soon } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ask, askSecret, confirm, readSecret } from './prompt.ts';
import { memoryIo } from './testing/memory-io.ts';

test('a question is asked on stderr, and answered by a line', async () => {
  const io = memoryIo({ terminal: true });
  const asked = ask(io, 'Name: ');
  io.type('ada\r');
  expect(await asked).toBe('ada');
  expect(io.said().stderr).toContain('Name: ');
  expect(io.said().stdout).toBe('');
});

test('of a secret nothing appears', async () => {
  const io = memoryIo({ terminal: true });
  const asked = askSecret(io, 'Password: ');
  io.type('hunter2\r');
  expect(await asked).toBe('hunter2');
  await soon();
  expect(io.said().stderr).toBe('Password: \n');
});

test.each(['\u0003', '\u0004'])('%j cancels', async (key) => {
  const io = memoryIo({ terminal: true });
  const asked = ask(io, 'Name: ');
  io.type(key);
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
});

test.each([
  ['y', true],
  ['YES', true],
  ['', false],
  ['n', false],
  ['yep', false],
])('%j means %s', async (said, yes) => {
  const io = memoryIo({ terminal: true });
  const asked = confirm(io, 'Sure?', undefined);
  io.type(`${said}\r`);
  expect(
    await asked.then(
      () => true,
      () => false,
    ),
  ).toBe(yes);
});

test('nobody is asked who said yes before, and nobody without a terminal', async () => {
  await confirm(memoryIo({ terminal: true }), 'Sure?', true);
  await confirm(memoryIo(), 'Sure?', undefined);
});

test.each(['secret', 'secret\n', 'secret\r\n'])('a secret from stdin: %j', async (text) => {
  const io = memoryIo();
  const read = readSecret(io);
  io.type(text);
  io.stdin.push(null);
  expect(await read).toBe('secret');
});

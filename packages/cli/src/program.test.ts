import { describe, expect, test } from 'vitest';
import { commands } from './commands.ts';
import { parseCommandLine } from './program.ts';
import { runCli } from './run-cli.ts';
import { memoryIo } from './testing/memory-io.ts';

const parse = async (...argv: string[]) => {
  const { command, input, globals } = await parseCommandLine(argv, commands, memoryIo());
  return { words: command.usage.words, input, globals };
};

test('arguments and options become one input, by their names', async () => {
  const found = await parse('upload', 'a.conda', 'b.conda', '-c', 'x', '--channel', 'y/z', '--skip-existing');
  expect(found.words).toBe('upload');
  expect(found.input).toEqual({ file: ['a.conda', 'b.conda'], channel: ['x', 'y/z'], skipExisting: true });
});

test.each([
  [['--json', '--url', 'http://x', 'channel', 'show', 'a']],
  [['channel', '--json', 'show', 'a', '--url', 'http://x']],
  [['channel', 'show', '--url', 'http://x', 'a', '--json']],
])('options of every command may stand anywhere: %j', async (argv) => {
  expect(await parse(...argv)).toEqual({
    words: 'channel show',
    input: { channel: 'a' },
    globals: { json: true, url: 'http://x' },
  });
});

test('nouns may have nouns, and a verb another name', async () => {
  expect((await parse('channel', 'notice', 'create', 'a', 'hello')).input).toEqual({ channel: 'a', message: 'hello' });
  expect((await parse('mirror', 'restart', 'm')).words).toBe('mirror run');
});

const nouns = new Set(commands.map(({ usage }) => usage.words.split(' ').slice(0, -1).join(' ')));

test.each([...nouns].filter(Boolean))('the noun %s says what it is of', async (noun) => {
  const words = noun.split(' ');
  const io = memoryIo();
  await runCli([...words.slice(0, -1), '--help'], io);
  expect(io.said().stdout).toMatch(new RegExp(`^  ${words.at(-1)}(\\|\\w+)? +\\S`, 'm'));
});

test('what comes after -- is taken as it is', async () => {
  expect((await parse('upload', '-c', 'a', '--', '--my_file.conda')).input).toMatchObject({
    file: ['--my_file.conda'],
  });
});

test('a token may get several channels', async () => {
  const { input } = await parse('token', 'create', 'ci', '--resource', 'a:read', '--resource', 'a/b:manage');
  expect(input).toEqual({
    name: 'ci',
    days: 30,
    resource: [
      { channel: 'a', permission: 'read' },
      { channel: 'a/b', permission: 'manage' },
    ],
  });
});

describe('exit status', () => {
  test.each([
    [['--help'], 0],
    [['channel', 'create', '--help'], 0],
    [['--version'], 0],
    [[], 2],
    [['channel'], 2],
    [['nothing'], 2],
    [['channel', 'sing'], 2],
    [['channel', 'show'], 2],
    [['channel', 'show', 'a', 'b'], 2],
    [['channel', 'show', 'a/b/c'], 2],
    [['channel', 'show', '/a'], 2],
    [['channel', 'create', 'a', '--privacy', 'secret'], 2],
    [['channel', 'list', '--limit', '0'], 2],
    [['channel', 'list', '--offset=-1'], 2],
    [['channel', 'notice', 'create', 'a', 'x', '--expires', '2026-02-30'], 2],
    [['channel', 'edit', 'a'], 2],
    [['mirror', 'create', 'm'], 2],
    [['mirror', 'create', 'm', '-c', 'a'], 2],
    [['mirror', 'edit', 'm', '-c', 'a'], 2],
    [['mirror', 'plan', '-c', 'a'], 2],
    [['token', 'create', 'x'], 2],
    [['token', 'create', 'x', '--resource', 'a:rule'], 2],
    [['token', 'create', 'x', '--all-scopes', '--scopes', 'channel:view'], 2],
    [['login'], 2],
    [['login', '--password-stdin'], 2],
    [['upload', '-c', 'a'], 2],
    [['whoami', '--url', 'ftp://x'], 2],
    [['whoami', '--url', 'http://me:secret@x'], 2],
  ])('%j: %i', async (argv, status) => {
    const io = memoryIo();
    expect(await runCli(argv, io)).toBe(status);
    const { stdout, stderr } = io.said();
    expect(status === 0 ? stdout : stderr).not.toBe('');
    expect(status === 0 ? stderr : stdout).toBe('');
    expect(stderr).not.toContain('secret@');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('with --json, what is wrong with the command line is said in JSON too', async () => {
    const io = memoryIo();
    expect(await runCli(['channel', 'show', '--json'], io)).toBe(2);
    expect(JSON.parse(io.said().stdout)).toEqual({
      error: { code: 'usage', detail: "missing required argument 'channel'" },
    });
  });
});

test.each(commands.map((command) => [command.usage.words, command] as const))(
  '%s --help is readable',
  async (words, command) => {
    const io = memoryIo();
    await runCli([...words.split(' '), '--help'], io);
    const { stdout } = io.said();
    expect(stdout).toContain(`Usage: sluice ${words}${command.usage.alias ? `|${command.usage.alias}` : ''}`);
    const [help] = stdout.split('Examples:');
    expect(Math.max(...help!.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const example of command.usage.examples ?? []) expect(stdout).toContain(`  npx sluice ${example}`);
  },
);

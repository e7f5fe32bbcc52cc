import { describe, expect, test } from 'vitest';
import { CliError, type Problem } from './errors.ts';
import { type ErrorContext, printError } from './print-error.ts';
import { memoryIo } from './testing/memory-io.ts';

const problem = (fields: Partial<Problem>): Problem => ({
  type: 'urn:sluice:error:x',
  title: 'Bad Request',
  status: 400,
  code: 'x',
  detail: 'It is wrong.',
  message: 'It is wrong.',
  request_id: 'r-1',
  ...fields,
});

function print(error: unknown, context: Partial<ErrorContext> = {}) {
  const io = memoryIo();
  const status = printError(error, { io, json: false, debug: false, ...context });
  return { status, ...io.said() };
}

const refused = (fields: Partial<Problem>) => {
  const body = problem(fields);
  return new CliError('refused', body.detail, { problem: body });
};

test('wanted, found and what to do come below', () => {
  const error = new CliError('file_unreadable', 'It cannot be read.', {
    wanted: 'a file',
    found: 'a folder',
    next: 'Try.',
  });
  expect(print(error)).toEqual({
    status: 1,
    stdout: '',
    stderr: 'sluice: It cannot be read.\n  wanted: a file\n  found:  a folder\n  next:   Try.\n',
  });
});

test('what the message says already is not said again', () => {
  const error = refused({
    status: 400,
    code: 'pin_name',
    detail: '"A" is none: wanted a-z.',
    wanted: 'a-z',
    found: '"A"',
  });
  expect(print(error).stderr).toBe('sluice: "A" is none: wanted a-z. (400 pin_name)\n');
});

test('the server’s words carry their code', () => {
  const error = refused({ status: 409, code: 'file_exists', detail: 'Other bytes.', wanted: 'sha a', found: 'sha b' });
  expect(print(error).stderr).toBe('sluice: Other bytes. (409 file_exists)\n  wanted: sha a\n  found:  sha b\n');
});

test('a field is called as the command line has it', () => {
  const issues = [{ path: 'body.retention.all_days', code: 'too_small', message: 'too small' }];
  const error = refused({ detail: 'The request is not valid: body.retention.all_days: too small.', issues });
  expect(print(error).stderr).toMatch(/^sluice: The request is not valid: retention\.all_days: too small\./);
});

test('every issue has its line', () => {
  const issues = [
    { path: 'body.cron', code: 'cron_invalid', message: 'no schedule' },
    { path: 'body.filters.subdirs[0]', code: 'subdir_invalid', message: 'no subdir' },
  ];
  expect(
    print(refused({ code: 'definition_invalid', issues }))
      .stderr.split('\n')
      .slice(1),
  ).toEqual(['  - cron: no schedule', '  - filters.subdirs[0]: no subdir', '']);
});

describe('what to do next', () => {
  const url = 'http://x';
  test.each<[string, Partial<Problem>, ErrorContext['site'], string]>([
    [
      'nobody',
      { code: 'unauthenticated', status: 401 },
      { url, signedInBy: 'nothing' },
      'npx sluice login --url http://x',
    ],
    [
      'SLUICE_TOKEN',
      { code: 'unauthenticated', status: 401 },
      { url, signedInBy: 'SLUICE_TOKEN' },
      'into SLUICE_TOKEN',
    ],
    ['a fault', { code: 'internal', status: 500 }, { url, signedInBy: 'nothing' }, 'request r-1'],
  ])('%s', (_, fields, site, next) => {
    expect(print(refused(fields), { site }).stderr).toContain(next);
  });
});

test('with json, stdout has the problem as it came', () => {
  const error = refused({ code: 'y' });
  expect(JSON.parse(print(error, { json: true }).stdout)).toEqual({ error: problem({ code: 'y' }) });
  expect(print(error, { json: true, dataShown: true }).stdout).toBe('');
});

test.each([
  ['usage', 2],
  ['refused', 1],
  ['unreachable', 1],
  ['run_failed', 1],
  ['cancelled', 1],
] as const)('%s ends with %i', (code, status) => {
  expect(print(new CliError(code, 'x')).status).toBe(status);
});

test('a fault of ours shows no stack unless asked for, and then its causes', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  expect(print(error)).toMatchObject({ status: 1, stderr: expect.not.stringMatching(/\n\s+at /) });
  expect(print(error, { debug: true }).stderr).toMatch(/Error: outer[\s\S]+caused by Error: inner/);
});

test('nothing in an error steers the terminal', () => {
  expect(print(new CliError('refused', 'a\u001b[2Jb', { found: '\u009b31mx' })).stderr).not.toMatch(/[\u001b\u009b]/);
});

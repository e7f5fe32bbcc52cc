import { IdentityError } from '@sluice/identity';
import { describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { errorResponse } from './error-response.ts';
import { explainError } from './explain-error.ts';

test('an error of a room becomes a problem that says what to do', () => {
  const error = new ServerError('policy_denied', 'linux-64/x.conda is blocked', {
    reasons: [{ code: 'license', scope: 'channel', rule: 'r', evidence: 'e', remedy: 'm' } as never],
  });
  expect(errorResponse(error, 'id-1')).toEqual({
    problem: {
      type: 'urn:sluice:error:policy_denied',
      title: 'Forbidden',
      status: 403,
      code: 'policy_denied',
      detail: 'linux-64/x.conda is blocked',
      message: 'linux-64/x.conda is blocked',
      request_id: 'id-1',
      reasons: [{ code: 'license', scope: 'channel', rule: 'r', evidence: 'e', remedy: 'm' }],
    },
    headers: {},
    unexpected: false,
  });
});

test('wanted and found go along', () => {
  const error = new IdentityError('token_expiry', 'A token ends.', { wanted: 'soon', found: 'never' });
  expect(errorResponse(error, 'id-1').problem).toMatchObject({ status: 400, wanted: 'soon', found: 'never' });
});

test('what no room foresaw says nothing but the id', () => {
  const { problem, unexpected } = errorResponse(new Error('password is hunter2'), 'id-1');
  expect(problem).toMatchObject({ status: 500, code: 'internal', detail: expect.stringContaining('id-1') });
  expect(JSON.stringify(problem)).not.toContain('hunter2');
  expect(unexpected).toBe(true);
});

test.each([undefined, null, 'text', 7, { code: 'forbidden', message: 'looks like ours' }])(
  '%j thrown: 500',
  (thrown) => {
    expect(errorResponse(thrown, 'id-1').problem.status).toBe(500);
  },
);

describe('while the database is away', () => {
  const up = async () => true;
  const down = async () => false;
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  const shutDown = Object.assign(new Error('terminating connection'), { code: '57P01' });

  test.each<[string, unknown, () => Promise<boolean>, number]>([
    ['a refused connection', refused, up, 503],
    ['a server that shuts down', shutDown, up, 503],
    ['a broken query, and no sign of life', new Error('Connection terminated unexpectedly'), down, 503],
    ['a fault of ours while the database is there', new TypeError('x is undefined'), up, 500],
    ['a refusal of ours', new ServerError('forbidden', 'no'), down, 403],
  ])('%s', async (_, error, databaseUp, status) => {
    const { problem, headers } = await explainError(error, 'id-1', databaseUp);
    expect(problem.status).toBe(status);
    expect(headers['Retry-After']).toBe(status === 503 ? '5' : undefined);
  });
});

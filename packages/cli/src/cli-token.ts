import type { ApiClient, Schemas } from '@sluice/api-client';
import { answer } from './connect.ts';
import { CliError } from './errors.ts';
import { gatherAll } from './paging.ts';

const lifeDays = 30;

/** Whose token, for which machine, and until when. */
interface CliTokenWish {
  hostname: string;
  now: Date;
}

/**
 * Get this machine's token: the one of the last sign-in with a new value, or a new one. It carries all scopes there are.
 *
 * @param api the server, as the account itself.
 * @see product.md TK-05
 */
export async function issueCliToken(api: ApiClient, { hostname, now }: CliTokenWish): Promise<Schemas['IssuedToken']> {
  const name = `repo-cli-token-${hostname}`.slice(0, 100);
  const expires_at = daysAfter(now, lifeDays);
  const { scopes } = await answer(api.GET('/api/account/scopes'));
  const tokens = await gatherAll((query) => answer(api.GET('/api/account/tokens', { params: { query } })));
  for (const token of tokens.filter((one) => one.name === name)) {
    const path = { id: token.id };
    if (scopes.every((scope) => token.scopes?.includes(scope))) {
      const refreshed = await unlessGone(
        answer(api.PUT('/api/account/tokens/{id}', { params: { path }, body: { expires_at } })),
      );
      if (refreshed) return refreshed;
    } else {
      await unlessGone(answer(api.DELETE('/api/account/tokens/{id}', { params: { path } })));
    }
  }
  return answer(api.POST('/api/account/tokens', { body: { name, expires_at, scopes } }));
}

/** The instant so many days later, as the API writes it. */
export function daysAfter(now: Date, days: number): string {
  return new Date(now.getTime() + days * 24 * 60 * 60 * 1000).toISOString();
}

/** What was asked of a token, or nothing when somebody has revoked it meanwhile. */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof CliError && error.problem?.status === 404) return undefined;
    throw error;
  }
}

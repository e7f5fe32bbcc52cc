import { unlessGone } from '../cli-token.ts';
import type { Context, Usage } from '../command.ts';
import { answer } from '../connect.ts';
import { CliError } from '../errors.ts';
import { ownSignIn } from '../own-sign-in.ts';
import { readSignIns, type SignIn, writeSignIns } from '../sign-ins.ts';
import { instant } from '../views/amounts.ts';
import { plain, type View } from '../views/view.ts';
import { paragraph } from '../views/wrap.ts';

interface Data {
  url: string;
  /** Null when nobody was signed in there. */
  account: string | null;
  /** Whether the token is of no use to anybody any more. */
  revoked: boolean;
  token_name: string | null;
  token_expires_at: string | null;
}

export const usage: Usage = {
  words: 'logout',
  summary: 'End the sign-in at a server: revoke its token there, and forget it here',
};

export async function run(context: Context): Promise<Data> {
  const { io, site } = context;
  const { signIn } = site;
  if (!signIn) return { url: site.url, account: null, revoked: false, token_name: null, token_expires_at: null };
  const revoked = await revoke(context, signIn);
  const signIns = await readSignIns(io);
  delete signIns.sites[site.url];
  if (signIns.default_site === site.url) signIns.default_site = Object.keys(signIns.sites)[0];
  await writeSignIns(io, signIns);
  const { account, token_name, token_expires_at } = signIn;
  return { url: site.url, account, revoked, token_name, token_expires_at };
}

/** A session that has ended cannot revoke the token; then only this machine forgets it. */
async function revoke({ io, site }: Context, signIn: SignIn): Promise<boolean> {
  try {
    const api = ownSignIn({ io, site: { ...site, signedInBy: 'sign-in' } });
    await unlessGone(answer(api.DELETE('/api/account/tokens/{id}', { params: { path: { id: signIn.token_id } } })));
    await answer(api.POST('/api/logout'));
    return true;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (error.code === 'sign_in_needed' || error.problem?.code === 'unauthenticated') {
      return new Date(signIn.token_expires_at) <= io.now();
    }
    throw error;
  }
}

export const views = {
  human: (data: Data, view: View): string => {
    if (data.account === null) return `You were not signed in at ${data.url}.`;
    if (data.revoked) return `Signed out at ${data.url}.`;
    return paragraph(
      `Signed out at ${data.url}. This machine has forgotten the token ${plain(data.token_name ?? '')}, but it stays ` +
        `good until ${instant(data.token_expires_at)}: the sign-in was too old to revoke it. To do that, npx sluice ` +
        'login and npx sluice logout.',
      view,
    );
  },
  json: (data: Data): unknown => data,
};

export {
  type Action,
  accountVerdict,
  type ChannelAccess,
  type ChannelAction,
  channelPermission,
  channelVerdict,
  type GlobalAction,
  globalVerdict,
  layerVerdict,
  type Permission,
  SCOPES,
  systemVerdict,
  type Verdict,
} from './access.ts';
export { type AccountDeps, type LoginOutcome, login, logout } from './account.ts';
export { channelSight } from './channel-sight.ts';
export { type Credential, type CredentialReading, readCredential } from './credentials.ts';
export { IdentityError, type IdentityErrorCode } from './errors.ts';
export { ensureFirstAdmin, FIRST_ADMIN } from './first-admin.ts';
export { createLastUsed, type LastUsed } from './last-used.ts';
export { createLoginLimit, type LoginLimit } from './login-limit.ts';
export { ANONYMOUS, type Principal, type SignedIn } from './principal.ts';
export { createPrincipalCache, type PrincipalCache } from './principal-cache.ts';
export { type ResolveDeps, resolvePrincipal } from './resolve-principal.ts';
export { createSemaphore } from './semaphore.ts';
export { deriveSessionKey, type SessionKey } from './session.ts';
export { createToken, type IssuedToken, refreshToken, revokeToken, type TokenDeps } from './token.ts';

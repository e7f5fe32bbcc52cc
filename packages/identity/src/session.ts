import { hkdfSync } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';

/** The key that signs sessions, made from the server's secret key. */
export type SessionKey = Uint8Array;

/** How long a session lasts. */
export const SESSION_MS = 12 * 60 * 60 * 1000;

const ISSUER = 'sluice';

/** What a session's JWT says. The roles are for clients to read; the server asks its own tables. */
export interface SessionClaims {
  session_id: string;
  account_id: string;
  account_name: string;
  roles: readonly string[];
  issued_at: Date;
  expires_at: Date;
}

/** Derive the signing key, so that the secret key itself can serve other purposes under other labels. */
export function deriveSessionKey(secretKey: string): SessionKey {
  return new Uint8Array(hkdfSync('sha256', secretKey, '', 'sluice session', 32));
}

/** Write a session as a JWT (HS256) with Keycloak's claims: `preferred_username`, `realm_access.roles`. */
export async function signSession(key: SessionKey, claims: SessionClaims): Promise<string> {
  return new SignJWT({ preferred_username: claims.account_name, realm_access: { roles: claims.roles } })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(ISSUER)
    .setSubject(claims.account_id)
    .setJti(claims.session_id)
    .setIssuedAt(claims.issued_at)
    .setExpirationTime(claims.expires_at)
    .sign(key);
}

/** The session a JWT names, or `invalid` when it is forged, expired, or not one of ours. */
export async function readSession(
  key: SessionKey,
  jwt: string,
  now: Date,
): Promise<{ session_id: string } | 'invalid'> {
  try {
    const options = { algorithms: ['HS256'], issuer: ISSUER, currentDate: now, requiredClaims: ['jti', 'exp'] };
    const { payload } = await jwtVerify(jwt, key, options);
    return { session_id: payload.jti! };
  } catch (error) {
    if (error instanceof errors.JOSEError) return 'invalid';
    throw error;
  }
}

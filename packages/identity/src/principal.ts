/** What a session or token lets its bearer use of the account's rights. */
export type Grants =
  | { kind: 'all' }
  | { kind: 'scopes'; scopes: ReadonlySet<string> }
  | { kind: 'resources'; resources: readonly { channel: string; permission: 'read' | 'write' | 'manage' }[] };

/** How a signed-in principal proved itself. Times are instants in UTC. */
export type Proof =
  | { kind: 'session'; id: string; expires_at: Date }
  | { kind: 'token'; id: string; name: string; expires_at: Date }
  | { kind: 'password' };

/** Somebody without an account. `invalid` when a credential was shown that does not hold. */
export interface Anonymous {
  kind: 'anonymous';
  invalid: boolean;
}

/** Somebody with an account. `roles` are the account's own; groups and further roles join it here. */
export interface SignedIn {
  kind: 'account';
  id: string;
  name: string;
  roles: readonly string[];
  grants: Grants;
  proof: Proof;
}

/** Who asks. */
export type Principal = Anonymous | SignedIn;

/** Nobody in particular. */
export const ANONYMOUS: Anonymous = { kind: 'anonymous', invalid: false };

/** Nobody in particular, who showed a credential that is unknown, forged, expired or ended. */
export const INVALID: Anonymous = { kind: 'anonymous', invalid: true };

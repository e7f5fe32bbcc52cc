import { type BuiltPackage, buildCondaPackage, type CondaPackageOptions } from '@sluice/testkit';
import type { TestApp } from '@sluice/testkit/app';

/** A channel of own uploads, and what tests of the doors do with it. */
export interface OwnChannel {
  /** Upload a package and wait until it is published. */
  upload(options: CondaPackageOptions): Promise<BuiltPackage>;
  /** Delete a file and wait until that is published. */
  delete(name: string, subdir: string, file: string): Promise<void>;
  /** GET below `/api/repo/<channel>`: `path` begins with `/` or `@`. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A token that may read it. */
  token(expires_at?: string): Promise<{ id: string; token: string }>;
}

/** Make one. */
export async function ownChannel(app: TestApp, name: string, channel: object = {}): Promise<OwnChannel> {
  const admin = await app.adminToken();
  const made = await app.request('POST', '/api/channels', { token: admin, body: { name, ...channel } });
  if (made.status !== 201) throw new Error(made.text);
  // A session would end when a test lets days go by.
  const { token: manager } = await issueToken('manage', app.inDays(30));
  return {
    async upload(options) {
      const built = await buildCondaPackage(options);
      const body = new FormData();
      body.append('content', new File([new Uint8Array(built.bytes)], built.fileName));
      const answer = await app.request('POST', `/api/channels/${name}/artifacts`, { token: manager, body });
      if (answer.status !== 201) throw new Error(answer.text);
      await app.jobsDone();
      return built;
    },
    async delete(packageName, subdir, file) {
      const path = `/api/channels/${name}/artifacts/conda/${packageName}/files/${subdir}/${file}`;
      const answer = await app.request('DELETE', path, { token: manager });
      if (answer.status !== 204) throw new Error(`${answer.status} ${answer.text}`);
      await app.jobsDone();
    },
    get: (path, headers = {}) => fetch(`${app.url}/api/repo/${name}${path}`, { headers }),
    token: (expires_at = app.inDays(30)) => issueToken('read', expires_at),
  };

  async function issueToken(permission: string, expires_at: string) {
    const resources = [{ channel: name, permission }];
    const body = { name: 't', expires_at, resources };
    const answer = await app.request('POST', '/api/account/tokens', { token: admin, body });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json;
  }
}

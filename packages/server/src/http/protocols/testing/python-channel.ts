import { createHash } from 'node:crypto';
import { type BuiltPythonPackage, buildWheel } from '@sluice/testkit';
import type { TestAnswer, TestApp } from '@sluice/testkit/app';

/** What a wheel of a test is: see `buildWheel`. */
type WheelOptions = Parameters<typeof buildWheel>[0];

/** A channel of Python packages, and what tests of its door do with it. */
export interface PythonChannel {
  name: string;
  /** GET below `/api/repo/<channel>`: `path` begins with `/` or `@`. Redirects are not followed. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Its page, read. */
  page(project: string): Promise<{ files: Record<string, unknown>[]; versions: string[]; name: string }>;
  /** Upload by the form of Python's tools, with further fields, as `authorization`. */
  send(file: Pick<BuiltPythonPackage, 'fileName' | 'bytes'>, form?: PythonFormOptions): Promise<TestAnswer>;
  /** Build a wheel, upload it and wait until it is published. */
  wheel(options: WheelOptions): Promise<BuiltPythonPackage>;
}

/** How to send an upload otherwise than usual. */
export interface PythonFormOptions {
  fields?: Record<string, string>;
  authorization?: string;
  path?: string;
}

export const jsonPage = 'application/vnd.pypi.simple.v1+json';

/** Basic, as pip and twine say a token or a password. */
export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Make one. */
export async function pythonChannel(app: TestApp, name: string, channel: object = {}): Promise<PythonChannel> {
  const admin = await app.adminToken();
  const body = { name, privacy: 'public', types: ['conda', 'python'], ...channel };
  const made = await app.request('POST', '/api/channels', { token: admin, body });
  if (made.status !== 201) throw new Error(made.text);
  const issued = await app.request('POST', '/api/account/tokens', {
    token: admin,
    body: { name: `to ${name}`, expires_at: app.inDays(30), resources: [{ channel: name, permission: 'manage' }] },
  });
  const writer = basic('__token__', issued.json.token);
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${app.url}/api/repo/${name}${path}`, { headers, redirect: 'manual' });
  const send: PythonChannel['send'] = async ({ fileName, bytes }, { fields = {}, authorization, path } = {}) => {
    const form = new FormData();
    const usual = {
      ':action': 'file_upload',
      protocol_version: '1',
      filetype: fileName.endsWith('.whl') ? 'bdist_wheel' : 'sdist',
      sha256_digest: createHash('sha256').update(bytes).digest('hex'),
    };
    for (const [field, value] of Object.entries({ ...usual, ...fields })) form.append(field, value);
    form.append('content', new File([new Uint8Array(bytes)], fileName));
    return app.request('POST', path ?? `/api/repo/${name}/legacy/`, {
      body: form,
      headers: { authorization: authorization ?? writer },
    });
  };
  return {
    name,
    get,
    send,
    page: async (project) => (await get(`/simple/${project}/`, { Accept: jsonPage })).json() as never,
    async wheel(options) {
      const built = await buildWheel(options);
      const answer = await send(built);
      if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
      await app.jobsDone();
      return built;
    },
  };
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildCondaPackage } from '@sluice/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliAndApp, startCli } from '../testing/start-cli.ts';

let it: CliAndApp;
beforeAll(async () => {
  it = await startCli({ signedIn: true, userChannels: true });
});
afterAll(() => it.close());

test('without -c an upload goes to the default channel of the account; without one it says what to do', async () => {
  const built = await buildCondaPackage({ name: 'one' });
  const file = join(it.folder, built.fileName);
  await writeFile(file, built.bytes);
  const upload = await it.cli(['upload', file, '--json']);
  expect([upload.status, upload.json.items]).toMatchObject([0, [{ channel: 'admin', status: 'uploaded' }]]);
  const token = await it.app.adminToken();
  await it.app.request('PUT', '/api/account', { token, body: { default_channel_name: null } });
  const refused = await it.cli(['upload', file, '--json']);
  expect([refused.status, refused.json]).toMatchObject([2, { error: { code: 'usage', wanted: '-c <channel>' } }]);
});

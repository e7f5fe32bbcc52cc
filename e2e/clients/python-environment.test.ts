import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

describe('where there is no Python', () => {
  const ask = (env: Record<string, string>) => {
    const script = `import { pythonEnvironment } from './python-environment.ts';
      console.log(JSON.stringify(await pythonEnvironment()));`;
    return run(process.execPath, ['--input-type=module-typescript', '--eval', script], {
      cwd: path.join(import.meta.dirname),
      env,
    });
  };

  it('is a reason to skip', async () => {
    const { stdout } = await ask({ PATH: '/nowhere' });
    expect(JSON.parse(stdout)).toEqual({ available: false, reason: expect.stringContaining('python3') });
  });

  it('is a failure with CI=true', async () => {
    await expect(ask({ PATH: '/nowhere', CI: 'true' })).rejects.toThrow(/CI=true wants the real clients/);
  });
});

import { access, constants, mkdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { MirrorError } from '../../errors.ts';
import type { BundleDeps } from '../deps.ts';
import { checkBucket } from './s3.ts';

type OutputDeps = Pick<BundleDeps, 'guard' | 'bundleFolder'>;

/**
 * Refuse an output that parts cannot be written to.
 *
 * @throws {MirrorError} `source_refused` for a folder that is not allowed, `bundle_output` for one that cannot be written.
 */
export async function checkOutput(deps: OutputDeps, output: string | null): Promise<void> {
  if (output?.startsWith('s3://')) return checkBucket(deps.guard, output);
  await outputFolder(deps, output);
}

/** The folder that parts are written into; the server's own where nobody named one. */
export async function outputFolder({ guard, bundleFolder }: OutputDeps, output: string | null): Promise<string> {
  if (output === null || output.startsWith('s3://')) {
    const own = join(bundleFolder, 'out');
    await mkdir(own, { recursive: true });
    return own;
  }
  if (!isAbsolute(output)) throw cannotWrite(output, 'an absolute path');
  const folder = await guard.path(output);
  const isWritable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isWritable && (await stat(folder)).isDirectory()) return folder;
  throw cannotWrite(output, 'a folder that the server may write to');
}

function cannotWrite(output: string, wanted: string): MirrorError {
  return new MirrorError('bundle_output', `Bundles cannot be written to ${output}: name ${wanted}.`, {
    wanted,
    found: output,
  });
}

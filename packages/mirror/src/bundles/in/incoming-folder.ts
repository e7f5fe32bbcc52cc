import { join } from 'node:path';
import type { BundleDeps } from '../deps.ts';

/** Where parts lie that are sent. */
export function incomingFolder({ bundleFolder }: Pick<BundleDeps, 'bundleFolder'>, id: string): string {
  return join(bundleFolder, 'incoming', id);
}

import { open } from 'node:fs/promises';

/** Make the names in a folder durable: without this a rename may be lost with the power although the file was synced. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for this, and its file system journals names itself.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

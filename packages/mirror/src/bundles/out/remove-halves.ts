import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The name under which a part is written beside its place. */
export function halfName(part: string, id: string): string {
  return `.${part}.${id}.tmp`;
}

/** Remove what was written of a part when its work was killed. A folder that is gone has none. */
export async function removeHalves(folder: string, part: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  const halves = files.filter((file) => file.startsWith(`.${part}.`) && file.endsWith('.tmp'));
  for (const file of halves) await rm(join(folder, file), { force: true });
}

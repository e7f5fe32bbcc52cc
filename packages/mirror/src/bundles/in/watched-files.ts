import { type Db, readSettings, saveSettings } from '@sluice/catalog';

/** A file of the watched folder, and what became of it. */
export interface WatchedFile {
  name: string;
  size: number;
  mtime_ms: number;
  /** `taken`: its bundle is being imported, or is in. `left`: it is not for an import. */
  status: 'taken' | 'refused' | 'left';
  code: string | null;
  message: string;
  bundle_id: string | null;
  at: string;
}

const settingName = '.airgap_folder';

/** What became of the files of the watched folder. */
export async function watchedFiles(db: Db): Promise<WatchedFile[]> {
  const value = (await readSettings(db))[settingName];
  return Array.isArray(value) ? (value as WatchedFile[]) : [];
}

/** Note it. */
export async function saveWatchedFiles(trx: Db, files: readonly WatchedFile[], now: Date): Promise<void> {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  await saveSettings(trx, { [settingName]: sorted }, now);
}

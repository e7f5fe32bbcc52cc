/** What an entry makes on the disk. Devices and pipes never get this far. */
export type TarEntryKind = 'file' | 'directory' | 'symlink' | 'hardlink';

/**
 * One entry of a tar, after extended headers were applied. `path` and `target` as written (decoded as UTF-8, what is none replaced);
 * `size` in bytes, 0 for all but files.
 */
export type TarEntry = {
  readonly path: string;
  readonly kind: TarEntryKind;
  readonly size: number;
  /** Of links: where they point. */
  readonly target?: string;
};

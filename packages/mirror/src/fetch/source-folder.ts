/** A name in a folder. */
export interface FolderEntry {
  name: string;
  kind: 'file' | 'folder';
}

/** What is known of a file without opening it. `size` in bytes. */
export interface FileLook {
  size: number;
  mtimeMs: number;
}

/** A file of a folder. Whoever got it closes it. */
export interface SourceFile {
  size: number;
  /** Stands for its content: another one means that the file is another now. */
  etag(): Promise<string>;
  /** Its bytes from a place on; a piece is the reader's to keep. */
  bytes(from: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A folder of files of this machine: one of the disk, or one in an archive that is not unpacked. */
export interface SourceFolder {
  /**
   * What lies in it, as far as its name is wanted. Links are followed: one that leads nowhere is not there.
   *
   * @throws {MirrorError} `source_refused` for a link that leads out of the allowed folders.
   */
  list(isWanted?: (name: string) => boolean): Promise<FolderEntry[]>;
  /**
   * A file of the last list as it is now; undefined when it has gone. At once: a look takes some microseconds, and a thousand
   * times as long through promises of its own.
   */
  look(name: string): FileLook | undefined;
  /** Work with one of its files where a path of the disk leads to it. */
  atPath<T>(name: string, work: (path: string) => Promise<T>): Promise<T>;
}

/** An archive whose directory was read. Paths have `/` between their parts; the root is `''`. */
export interface SourceArchive {
  /** `version` tells files of one archive apart. */
  file(path: string): { size: number; version: string } | undefined;
  list(path: string): FolderEntry[] | undefined;
  read(path: string, from: number): AsyncIterable<Uint8Array>;
}

/** Archives that are read as folders; whoever knows their formats gives this. Its errors have words for people. */
export interface SourceArchives {
  /** Whether a file of this name may be one. */
  isName(name: string): boolean;
  open(path: string): Promise<SourceArchive>;
  /** Work with a temporary copy of bytes, for readers that need a path. */
  copied<T>(bytes: AsyncIterable<Uint8Array>, work: (path: string) => Promise<T>): Promise<T>;
}

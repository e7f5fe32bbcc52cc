import type { CompanionKind, InspectionRow } from '@sluice/catalog';
import { FormatError } from '@sluice/formats/errors';
import type { PackageType } from '@sluice/formats/package';
import type { Received } from '@sluice/storage';
import { RegistryError } from '../../errors.ts';
import type { AdmitDeps } from '../deps.ts';
import type { Upload } from '../upload.ts';

/** What a package file says, read and checked: everything that is written down of an upload. */
export interface InspectedUpload {
  /** The part of the uploads it goes into, and its key there. */
  part: string;
  file: string;
  /** As the index of that format has them. */
  name: string;
  version: string;
  build: string;
  /** Its record, given since when these bytes are listed under this name (epoch milliseconds). */
  record: (listedAt: number) => { body: Uint8Array; v3?: boolean };
  /** What stands beside the record, as JSON text. */
  extra: Uint8Array | null;
  /** What its archive says; nothing of what nobody looks into. */
  inspection?: InspectionRow;
  /** Files that clients ask for beside this one. */
  companions?: readonly { kind: CompanionKind; bytes: Uint8Array }[];
  /** Whether another file of the same name stands in its place: of some there may be one only. Given its key. */
  isRival?: (file: string) => boolean;
}

/** A kind of package file that may be uploaded. */
export interface UploadFormat {
  type: PackageType;
  /** What clients call it in the field `filetype`; the first is the one we name. */
  filetypes: readonly [string, ...string[]];
  /** Whether a file of this name is of this kind, where the client does not say. */
  matches(fileName: string): boolean;
  /**
   * Read the file within bounds; what it says must agree with its name and place.
   *
   * @throws {RegistryError} `file_name`, `archive_refused`, `metadata_mismatch`, `subdir_mismatch`, `timestamp_future`.
   */
  inspect(deps: AdmitDeps, upload: Upload, received: Received): Promise<InspectedUpload>;
  /** What a record says of its own bytes: their digest in hex, and since when they are listed. */
  view(body: Uint8Array): { sha256?: string | undefined; listedAt?: number | undefined };
}

/** Run `read`, making what a format refuses a refusal of ours. */
export function translated<T>(code: 'file_name' | 'metadata_mismatch', read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RegistryError(code, error.message, { wanted: error.wanted, found: error.found, cause: error });
  }
}

/** The refusal of an archive that could not be read. */
export function archiveRefused(fileName: string, error: Error): RegistryError {
  return new RegistryError('archive_refused', `${fileName} was refused: ${error.message}`, { cause: error });
}

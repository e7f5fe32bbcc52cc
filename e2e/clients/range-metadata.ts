import { type DriverAnswer, drivePython } from './python-driver.ts';

/** What conda-package-streaming read of a `.conda`, and what it cost. */
export interface RangeMetadata {
  /** info/index.json */
  readonly index: Readonly<Record<string, unknown>>;
  readonly asked: readonly { readonly range: string | null; readonly status: number; readonly bytes: number }[];
  /** Of all answers together. */
  readonly bytes: number;
}

/** Read a package's index.json over HTTP with conda-package-streaming, by Range. */
export function readMetadataByRange(
  python: string,
  work: string,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<DriverAnswer<RangeMetadata>> {
  return drivePython(python, 'range_metadata.py', work, { url, headers });
}

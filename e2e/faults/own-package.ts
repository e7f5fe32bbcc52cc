import { createHash } from 'node:crypto';
import { type BuiltPackage, buildCondaPackage, randomBytesOf } from '@sluice/testkit';

/** A package to upload. */
export interface OwnPackage {
  readonly made: BuiltPackage;
  /** `/noarch/<file>` */
  readonly place: string;
  readonly sha256: string;
}

/** Build a noarch package of about so many bytes. */
export async function makeOwnPackage(name: string, size = 3_000_000): Promise<OwnPackage> {
  const made = await buildCondaPackage({ name, files: { 'share/payload': randomBytesOf(name.length, size) } });
  return {
    made,
    place: `/noarch/${made.fileName}`,
    sha256: createHash('sha256').update(made.bytes).digest('hex'),
  };
}

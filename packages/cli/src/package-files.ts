import type { Schemas } from '@sluice/api-client';
import { Option } from 'commander';
import type { Context } from './command.ts';
import { answer } from './connect.ts';

/** What types of packages are called. */
export type Family = Schemas['Artifact']['family'];

const paths = {
  conda: '/api/channels/{channel}/artifacts/conda/{name}/files',
  python: '/api/channels/{channel}/artifacts/python/{name}/files',
  cran: '/api/channels/{channel}/artifacts/cran/{name}/files',
  file: '/api/channels/{channel}/artifacts/file/{name}/files',
} as const satisfies Record<Family, string>;

/** `--family`. */
export const familyOption = (): Option =>
  new Option('-f, --family <family>', 'what kind of package').choices(Object.keys(paths)).default('conda');

/** A page of the files that a channel shows of a package. */
export function packageFiles(
  { api }: Pick<Context, 'api'>,
  of: { channel: string; family: Family; name: string },
  query: { limit: number; offset: number },
): Promise<{ items: Schemas['ArtifactFile'][]; total_count: number }> {
  const { channel, family, name } = of;
  return answer(api.GET(paths[family], { params: { path: { channel, name }, query } }));
}

/** What a file name says of the package it belongs to; undefined when it is none of ours. */
export function packageOfFile(fileName: string): { family: Family; name: string } | undefined {
  const conda = /^(.+)-[^-]+-[^-]+\.(?:conda|tar\.bz2)$/.exec(fileName)?.[1];
  if (conda !== undefined) return { family: 'conda', name: conda };
  const r = /^([A-Za-z][A-Za-z0-9.]*)_\d+(?:[.-]\d+)+\.(?:tar\.gz|zip|tgz)$/.exec(fileName)?.[1];
  if (r !== undefined) return { family: 'cran', name: r };
  const python = /^([^-]+)-.+\.whl$/.exec(fileName)?.[1] ?? /^(.+)-[^-]+\.(?:tar\.gz|zip)$/.exec(fileName)?.[1];
  return python === undefined ? undefined : { family: 'python', name: python.replace(/[-_.]+/g, '-').toLowerCase() };
}

/** The SHA-256 of a file as the channel shows it, in hex, where it shows one. */
export function digestOfFile({ metadata }: Schemas['ArtifactFile']): unknown {
  const { hashes, sha256 } = (metadata['file.json'] ?? {}) as { hashes?: { sha256?: unknown }; sha256?: unknown };
  return metadata['repodata_record.json']?.sha256 ?? hashes?.sha256 ?? sha256;
}

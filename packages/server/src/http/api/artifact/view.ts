import { cranPath, packageTypeOf } from '@sluice/formats/package';
import type { UploadResult } from '@sluice/registry';
import type { z } from 'zod';
import { type FamilyFile, type FamilyWords, wordsOfType } from './family.ts';
import type { ShownPackage } from './newest-first.ts';
import type { ArtifactView, FileView, UploadView } from './schema.ts';

/** Members of a conda record that tell the newest, and what {@link artifactView} says of it. */
export const listedFields = ['version', 'build_number', 'timestamp', 'license', 'License'];

/** A package by the files that the channel shows of it. */
export function artifactView(name: string, { words, newest, files }: ShownPackage): z.output<typeof ArtifactView> {
  const { build_number, license, License } = newest.record;
  const licence = license ?? License;
  return {
    name,
    family: words.family,
    file_count: files.length,
    download_count: null,
    metadata: {
      version: words.version(newest),
      build_number: typeof build_number === 'number' ? build_number : 0,
      license: typeof licence === 'string' ? licence : null,
      subdirs: [...new Set(files.map(({ part }) => shownPart(part)))].sort(),
    },
  };
}

/** One file of a package, with what clients are shown of it. */
export function fileView(name: string, words: FamilyWords, file: FamilyFile): z.output<typeof FileView> {
  return { name, family: words.family, ckey: words.ckey(file.part, file.file), metadata: words.metadata(file) };
}

/** An uploaded file, and whether its channel shows what comes in. */
export function uploadView(result: UploadResult, channel: { frozen: boolean }): z.output<typeof UploadView> {
  const { type, name, version, build, part, file, sha256, md5, size } = result;
  const { family, ckey } = wordsOfType(type);
  const place = { subdir: shownPart(part), ckey: ckey(part, file) };
  return { name, family, version, build, ...place, sha256, md5, size, channel_frozen: channel.frozen };
}

/** A tree of R packages by its path; of the others their own name. */
function shownPart(part: string): string {
  return packageTypeOf(part) === 'r' ? cranPath(part) : part;
}

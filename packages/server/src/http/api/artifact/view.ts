import type { UploadResult } from '@sluice/registry';
import type { z } from 'zod';
import type { ShownFile } from './newest-first.ts';
import type { ArtifactView, FileView, UploadView } from './schema.ts';

/** A package by the files that the channel shows of it, the newest first. */
export function artifactView(name: string, files: readonly ShownFile[]): z.output<typeof ArtifactView> {
  const { version, build_number, license } = files[0]!.record;
  return {
    name,
    family: 'conda',
    file_count: files.length,
    download_count: null,
    metadata: {
      version: String(version),
      build_number: typeof build_number === 'number' ? build_number : 0,
      license: typeof license === 'string' ? license : null,
      subdirs: [...new Set(files.map((file) => file.subdir))].sort(),
    },
  };
}

/** One file of a package, with the record that clients are shown. */
export function fileView(name: string, { subdir, fn, record }: ShownFile): z.output<typeof FileView> {
  const shown = { ...record, fn, subdir };
  return { name, family: 'conda', ckey: `${subdir}/${fn}`, metadata: { 'repodata_record.json': shown } };
}

/** An uploaded file. */
export function uploadView(result: UploadResult): z.output<typeof UploadView> {
  const { name, version, build, part, file, sha256, md5, size } = result;
  return { name, version, build, subdir: part, ckey: `${part}/${file}`, sha256, md5, size };
}

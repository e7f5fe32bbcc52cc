import { z } from 'zod';
import { Paging } from '../../paging.ts';

const name = z.string().min(1).max(300);
const family = z.literal('conda');

export const ArtifactListQuery = Paging.extend({
  q: z.string().max(200).optional().describe('Only packages with this text in their name.'),
});

export const ArtifactParams = { name };
export const FileParams = { name, subdir: name, file: name };

export const ArtifactView = z
  .object({
    name: z.string(),
    family,
    file_count: z.int().min(0),
    download_count: z.int().min(0).nullable().describe('Null: downloads are counted by channel so far.'),
    metadata: z
      .object({
        version: z.string(),
        build_number: z.int(),
        license: z.string().nullable(),
        subdirs: z.array(z.string()),
      })
      .describe('Of the newest version; subdirs of them all.'),
  })
  .meta({ id: 'Artifact' });

export const FileView = z
  .object({
    name: z.string().describe('Of the package.'),
    family,
    ckey: z.string().describe('<subdir>/<file name>'),
    metadata: z.object({
      'repodata_record.json': z
        .record(z.string(), z.unknown())
        .describe('The record that clients are shown, with fn and subdir.'),
    }),
  })
  .meta({ id: 'ArtifactFile' });

export const UploadForm = z.object({
  content: z.file().describe('The package, under its own file name.'),
  filetype: z.string().optional().describe('conda1, for .conda and .tar.bz2. Default: by the file name.'),
  size: z.string().optional().describe('Bytes of the file; one that arrives with another size is refused.'),
  subdir: z.string().optional().describe('Where it goes. Default, and if given no other: what the package says.'),
});

export const UploadView = z
  .object({
    name: z.string(),
    version: z.string(),
    build: z.string(),
    subdir: z.string(),
    ckey: z.string().describe('<subdir>/<file name>'),
    sha256: z.string(),
    md5: z.string(),
    size: z.int().min(0),
  })
  .meta({ id: 'UploadedArtifact' });

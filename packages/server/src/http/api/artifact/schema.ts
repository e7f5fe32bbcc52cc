import { z } from 'zod';
import { Paging } from '../../paging.ts';
import { families } from './family.ts';

const name = z.string().min(1).max(300);
const family = z.enum(families);

export const ArtifactListQuery = Paging.extend({
  q: z.string().max(200).optional().describe('Only packages with this text in their name.'),
});

export const ArtifactParams = { name };
/** Where a file of each family lies below its package. */
export const FileParams = {
  conda: { name, subdir: name, file: name },
  python: { name, file: name },
  file: { name, file: name.describe('With its version in front where it has one: 1.0:setup.exe') },
  cran: { name, tree: name.describe('Such as src:contrib: its path, a colon for each slash.'), file: name },
};

export const YankBody = z.object({
  reason: z.string().trim().max(500).optional().describe('Shown to who installs it nevertheless.'),
});

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
      .describe('Of the newest version; subdirs of them all: of R the trees, of Python pypi, of general files files.'),
  })
  .meta({ id: 'Artifact' });

const shown = z.record(z.string(), z.unknown());

export const FileView = z
  .object({
    name: z.string().describe('Of the package.'),
    family,
    ckey: z.string().describe('Where clients find it below the channel, such as <subdir>/<file name>.'),
    metadata: z.object({
      version: z.string().optional().describe('Of Python and R.'),
      'repodata_record.json': shown
        .optional()
        .describe('Of conda: the record that clients are shown, with fn and subdir.'),
      'file.json': shown.optional().describe('Of Python: the file as the project page has it.'),
      DESCRIPTION: shown.optional().describe('Of R: the fields of the package.'),
    }),
  })
  .meta({ id: 'ArtifactFile' });

export const UploadForm = z.object({
  content: z.file().describe('The package, under its own file name.'),
  filetype: z
    .string()
    .optional()
    .describe(
      'conda1, for .conda and .tar.bz2; bdist_wheel; sdist; r; file, for what is no package. Default: by the file name.',
    ),
  name: z.string().optional().describe('Of a general file: what its versions stand under. Needed then.'),
  version: z.string().optional().describe('Of a general file, if it has one.'),
  size: z.string().optional().describe('Bytes of the file; one that arrives with another size is refused.'),
  subdir: z
    .string()
    .optional()
    .describe('Where it goes. Of conda, by default and if given no other: what the package says. Of R: the tree.'),
});

export const UploadView = z
  .object({
    name: z.string(),
    family,
    version: z.string(),
    build: z.string(),
    subdir: z.string(),
    ckey: z.string().describe('Where clients find it below the channel, such as <subdir>/<file name>.'),
    sha256: z.string(),
    md5: z.string(),
    size: z.int().min(0),
    channel_frozen: z
      .boolean()
      .describe('Whether the channel is frozen: what is new to it is shown once it is unfrozen.'),
  })
  .meta({ id: 'UploadedArtifact' });

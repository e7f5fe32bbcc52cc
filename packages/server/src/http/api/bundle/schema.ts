import { z } from 'zod';

const part = z
  .object({
    part: z.int(),
    name: z.string().describe('Name of its file.'),
    bytes: z.number(),
    sha256: z.string().nullable().describe('Of the bytes after the first kilobyte, as the signed manifest there says.'),
    state: z.enum(['todo', 'done']),
    place: z.string().nullable().describe('Where it lies: a path of the server or s3://bucket/key.'),
  })
  .meta({ id: 'BundlePart' });

const missing = z.object({ channel: z.string(), file: z.string(), code: z.string(), message: z.string() });

export const BundleView = z
  .object({
    id: z.uuid(),
    direction: z.enum(['out', 'in']),
    series: z.string().describe('What belongs together; its bundles are counted.'),
    serial: z.int(),
    base: z.int().nullable().describe('The serial a delta builds on; null: it says everything.'),
    issuer: z.string().nullable().describe('Who signed it.'),
    state: z.enum(['pending', 'running', 'waiting', 'stopped', 'completed', 'failed']),
    stage: z.string().describe('What is being done.'),
    channels: z.array(z.object({ channel: z.string(), publication: z.int().nullable() })),
    report: z.record(z.string(), z.unknown()).describe('Counts and bytes, so far.'),
    missing_files: z.array(missing).describe('Left out, since their upstreams do not have them; the first hundred.'),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    actor: z.string(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Bundle' });

export const BundleWithParts = BundleView.extend({ parts: z.array(part) }).meta({ id: 'BundleWithParts' });

const path = z.string().min(1).max(4096);

/** What goes into a bundle. A schedule has the same, but for the far side's state. */
const BundleContent = z.object({
  series: z.string().max(100).optional().describe('Made from the channels when left out.'),
  channels: z.array(z.string().max(300)).max(1000).optional().describe('Paths; channels below them come along.'),
  mirrors: z
    .array(z.uuid())
    .max(1000)
    .optional()
    .describe('Ids: only what these show of their channels, and how they are defined.'),
  since: z
    .union([z.literal('last'), z.int().min(1)])
    .optional()
    .describe('Only what is new since this bundle of the series; "last" is everything where there is none.'),
  part_bytes: z.int().optional().describe('Largest size of a part, 4,000,000,000 (a file of FAT32) when left out.'),
  attachments: z.array(path).max(1000).optional().describe('Files below the allowed folders, or http(s) URLs.'),
  output: path.optional().describe('A folder of the server, or s3://bucket/prefix; <data>/airgap/out when left out.'),
  keep: z.int().min(1).max(1000).optional().describe('So many finished bundles of the series are kept.'),
});

export const BundleBody = BundleContent.extend({
  state: z.base64().optional().describe("The far side's state file: only what it lacks is carried."),
}).meta({ id: 'BundleWish' });

export const BundleKeyView = z
  .object({
    issuer: z.string().describe('What manifests call this installation.'),
    public_key: z.string().describe('ed25519, base64 of the raw 32 bytes: the far side trusts it.'),
    fingerprint: z.string().describe('SHA-256 of it, to be read to each other.'),
  })
  .meta({ id: 'BundleKey' });

export const BundleScheduleView = z
  .object({
    id: z.uuid(),
    name: z.string(),
    definition: BundleContent,
    cron: z.string(),
    time_zone: z.string(),
    next_run_at: z.iso.datetime().nullable(),
    last_bundle_id: z.uuid().nullable(),
    created_by: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'BundleSchedule' });

export const BundleScheduleBody = z
  .object({
    name: z.string().min(1).max(100),
    definition: BundleContent,
    cron: z.string().max(200).describe('Five fields, or hourly, daily, weekly, monthly, yearly.'),
    time_zone: z.string().max(100).default('UTC'),
  })
  .meta({ id: 'BundleScheduleWish' });

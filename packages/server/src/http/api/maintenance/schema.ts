import { z } from 'zod';

const amount = z.object({ count: z.int(), bytes: z.number() });

const CollectReportView = z
  .object({
    dry_run: z.boolean(),
    as_of: z.iso.datetime().describe('The time the collection goes by.'),
    grace_hours: z.number().describe('For how long it leaves alone what nothing needs, twice over.'),
    channels: z.array(
      z.object({
        channel: z.string(),
        kept: z.int().describe('Publications that stay.'),
        publications: z.int(),
        entries: z.int(),
      }),
    ),
    publications: z.int(),
    entries: z.int().describe('Shards and indexes that only these publications listed.'),
    monolith: z.int(),
    facts: z.int(),
    needed_files: z.int(),
    source_shard: z.int(),
    blobs: z.int().describe('Blobs looked at.'),
    needed: z.int(),
    condemned: amount.describe('Found to be needed by nothing: they go when they still are a grace later.'),
    removed: amount.describe('Gone; in a dry run, those that would go now.'),
    leftovers: amount.describe('Files without a row, as crashes leave them.'),
    rewritten: amount.describe('Packs of which less than half was needed.'),
    packs: amount.describe('Packs that went.'),
    damaged_packs: z.array(z.string()),
    deferred: z.boolean().describe('Uploads kept it from removing everything; the next collection does.'),
  })
  .partial()
  .meta({ id: 'CollectReport' });

const FindingView = z
  .object({
    code: z.string(),
    severity: z.enum(['error', 'notice']),
    channel: z.string().nullable(),
    subject: z.string(),
    message: z.string(),
    remedy: z.string(),
  })
  .meta({ id: 'Finding' });

const CheckReportView = z
  .object({
    channel: z.string().nullable(),
    deep: z.boolean(),
    blobs: z.int(),
    files: z.int(),
    channels: z.int(),
    entries: z.int(),
    errors: z.int(),
    notices: z.int().describe('What puts itself right.'),
    findings: z.array(FindingView).describe('The first 500.'),
  })
  .partial()
  .meta({ id: 'CheckReport' });

export const MaintenanceView = z
  .object({
    id: z.uuid(),
    kind: z.enum(['collect', 'check']),
    state: z.enum(['pending', 'running', 'completed', 'failed']),
    actor: z.string(),
    stage: z.string().describe('What is being done.'),
    percent: z.int().describe('Stages done, of all.'),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
    started_at: z.iso.datetime().nullable(),
    finished_at: z.iso.datetime().nullable(),
    collect: CollectReportView.nullable(),
    check: CheckReportView.nullable(),
  })
  .meta({ id: 'Maintenance' });

export const CollectBody = z.object({ dry_run: z.boolean().default(false) }).meta({ id: 'CollectWish' });

export const CheckBody = z
  .object({
    channel: z.string().optional().describe('Only this one; everything when left out.'),
    deep: z.boolean().default(false).describe('Read every byte and decode every shard.'),
  })
  .meta({ id: 'CheckWish' });

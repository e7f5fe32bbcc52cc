import type { ChannelSummary } from '@sluice/catalog';
import type { PackageType } from '@sluice/policy';
import type { z } from 'zod';
import type { ChannelView } from './schema.ts';

/** A channel as those who may read it see it. */
export function channelView(row: ChannelSummary): z.output<typeof ChannelView> {
  return {
    name: row.path.slice(row.path.lastIndexOf('/') + 1),
    parent: row.parent_path,
    description: row.description,
    privacy: row.privacy,
    types: row.types as PackageType[],
    filters: row.filters,
    indexing_behavior: row.frozen ? 'frozen' : 'default',
    name_priority: row.name_priority,
    retention: row.retention,
    owners: row.owner === null ? [] : [row.owner],
    artifact_count: row.packages,
    file_count: row.files,
    mirror_count: row.mirror_count,
    subchannel_count: row.subchannel_count,
    download_count: row.download_count,
    publication: row.head_no,
    created: row.created_at.toISOString(),
    updated: row.updated_at.toISOString(),
  };
}

import type { LayerDefinition } from '@sluice/policy';

/** Whether a layer's rules ask for what only a release's METADATA says: its licence. */
export function needsMetadata({ channel, mirror }: LayerDefinition): boolean {
  return [channel, mirror?.filters ?? {}].some(
    ({ include_licenses, exclude_licenses }) => Boolean(include_licenses?.length) || Boolean(exclude_licenses?.length),
  );
}

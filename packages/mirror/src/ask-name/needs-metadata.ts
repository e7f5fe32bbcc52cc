import { dependencyEnvironments, type LayerDefinition } from '@sluice/policy';

/** Whether a layer's rules ask for what only a release's METADATA says: its licence, or what it depends on. */
export function needsMetadata({ channel, mirror }: LayerDefinition): boolean {
  if (dependencyEnvironments(mirror?.filters ?? {}).length > 0) return true;
  return [channel, mirror?.filters ?? {}].some(
    ({ include_licenses, exclude_licenses }) => Boolean(include_licenses?.length) || Boolean(exclude_licenses?.length),
  );
}

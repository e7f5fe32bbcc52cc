/**
 * What events are called outside, where that is not what they are called here: product.md AU-02 has the vendor's names, and one of
 * ours in their manner where the vendor has none.
 */
const outside: Readonly<Record<string, string>> = {
  channel_published: 'artifact_generated',
  channel_reindexed: 'channel_reindex',
  mirror_created: 'mirror_registered',
  mirror_started: 'mirroring_started',
  mirror_restarted: 'mirroring_restarted',
  mirror_completed: 'mirroring_completed',
  mirror_failed: 'mirroring_failed',
  mirror_stopped: 'mirroring_stopped',
};

/** What an action is called outside. */
export function eventTypeOf(action: string): string {
  return outside[action] ?? action;
}

/** The actions that are called so, outside or here. */
export function actionsOf(eventType: string): string[] {
  return [eventType, ...Object.keys(outside).filter((action) => outside[action] === eventType)];
}

import type { DefinitionIssue } from '../errors.ts';

const mostDays = 36_500;

/** Check for how many days files that vanished upstream stay shown; null for ever, or where they do not stay at all. */
export function readGraceDays(
  value: unknown,
  keepRemoved: boolean,
): { grace_days: number | null } | { issue: DefinitionIssue } {
  if (value === undefined || value === null) return { grace_days: null };
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > mostDays)
    return refused(`grace_days is a whole number of days from 1 to ${mostDays}, or null for ever.`);
  if (!keepRemoved) return refused('grace_days says how long keep_removed holds: set keep_removed with it.');
  return { grace_days: value };
}

function refused(message: string): { issue: DefinitionIssue } {
  return { issue: { field: 'grace_days', code: 'grace_invalid', message } };
}

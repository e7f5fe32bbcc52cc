import type { MirrorLimits } from '@sluice/catalog';
import type { DefinitionIssue } from '../errors.ts';

const bounds: Record<keyof MirrorLimits, { least: number; most: number }> = {
  concurrency: { least: 1, most: 64 },
  bytes_per_second: { least: 1024, most: 1024 ** 4 },
};

/** Check how hard a mirror may work its upstream. Null and what is left out have the installation's bounds. */
export function readLimits(value: unknown): { limits: MirrorLimits } | { issues: DefinitionIssue[] } {
  if (value === undefined || value === null) return { limits: {} };
  if (typeof value !== 'object' || Array.isArray(value)) {
    const message = 'limits is an object such as {"concurrency": 4, "bytes_per_second": 1000000}.';
    return { issues: [{ field: 'limits', code: 'limit_invalid', message }] };
  }
  const limits: MirrorLimits = {};
  const issues: DefinitionIssue[] = [];
  for (const [key, given] of Object.entries(value)) {
    const field = `limits.${key}`;
    if (given === null || given === undefined) continue;
    if (!isLimit(key)) {
      const message = `There is no limit ${key}. Known are ${Object.keys(bounds).join(', ')}.`;
      issues.push({ field, code: 'limit_unknown', message });
      continue;
    }
    const { least, most } = bounds[key];
    if (typeof given === 'number' && Number.isInteger(given) && given >= least && given <= most) limits[key] = given;
    else issues.push({ field, code: 'limit_invalid', message: `${key} is a whole number from ${least} to ${most}.` });
  }
  return issues.length > 0 ? { issues } : { limits };
}

function isLimit(key: string): key is keyof MirrorLimits {
  return Object.hasOwn(bounds, key);
}

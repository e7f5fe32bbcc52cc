import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { PROBLEM_TYPE } from './send-problem.ts';

/** What every refusal looks like. @see RFC 9457 */
const ProblemView = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('Names the reason; programs may rely on it.'),
    detail: z.string().describe('What is wrong and what to do next, for people.'),
    message: z.string().describe('The detail again, for conda up to version 24.'),
    request_id: z.string(),
    wanted: z.string().optional(),
    found: z.string().optional(),
    reasons: z.array(z.record(z.string(), z.unknown())).optional().describe('Why rules refused a file.'),
    issues: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

/** The `response` entries of a route for the statuses it refuses with. */
export function problems<S extends number>(...statuses: S[]) {
  const content = { [PROBLEM_TYPE]: { schema: ProblemView } };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: STATUS_CODES[status] ?? '', content }]),
  ) as Record<S, { description: string; content: typeof content }>;
}

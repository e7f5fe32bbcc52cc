import path from 'node:path';
import { runClient } from './client-process.ts';

/** What a driver answers: the client's result, or its refusal in its own words. */
export type DriverAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string; readonly text: string };

/**
 * Run `python/<script>` with a JSON request.
 *
 * @param work its home.
 * @throws when it ends without an answer.
 */
export async function drivePython<T>(
  python: string,
  script: string,
  work: string,
  request: object,
): Promise<DriverAnswer<T>> {
  const file = path.join(import.meta.dirname, 'python', script);
  const { status, stdout, stderr } = await runClient({ argv: [python, file], work, stdin: JSON.stringify(request) });
  const answer = stdout.trimEnd().split('\n').at(-1) ?? '';
  if (!answer.startsWith('{')) throw new Error(`${script} ended with ${status} and no answer: ${stderr.slice(-2000)}`);
  return JSON.parse(answer) as DriverAnswer<T>;
}

import { redact } from './redact.ts';

const houseCode = /^[a-z][a-z0-9_]*$/;

/** The code of an error of any of our rooms; undefined for everything else (the system's and the database's look different). */
export function houseCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' && houseCode.test(error.code) ? error.code : undefined;
}

/** An error as a run or a file of it remembers it: a code, and words without secrets. */
export function rememberedError(error: unknown): { code: string; text: string } {
  const text = redact(error instanceof Error ? error.message : 'Something failed that is no error.').slice(0, 2000);
  const code = houseCodeOf(error);
  return code === undefined ? { code: 'internal', text: `Unexpected: ${text}` } : { code, text };
}

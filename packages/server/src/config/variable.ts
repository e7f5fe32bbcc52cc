import { z } from 'zod';
import { Secret } from './secret.ts';

/** What is known of an environment variable beside its schema. */
export interface VariableMeta {
  /** Completes "SLUICE_X: wanted …". */
  wanted: string;
  /** What the variable does, for the reference. */
  about: string;
  /** The value never appears in a message. */
  secret?: boolean;
}

/** Give a schema of text its place in messages and in the reference. An empty variable counts as absent. */
export function variable<S extends z.ZodType>(schema: S, meta: VariableMeta): S {
  return schema.meta({ ...meta });
}

/** A text that must not be shown, of at least so many characters. */
export function secretText(atLeast: number): z.ZodType<Secret, string> {
  return z
    .string()
    .min(atLeast)
    .transform((text) => new Secret(text));
}

/** Words between commas, in the order given, each once. */
export function words<const W extends readonly [string, ...string[]]>(allowed: W): z.ZodType<W[number][], string> {
  return z
    .string()
    .transform((text) => [...new Set(text.split(',').map((word) => word.trim()))])
    .pipe(z.array(z.enum(allowed)).min(1)) as never;
}

/** A size: digits, or digits and one of `k`, `M`, `G`, `T` (powers of 1024). In bytes. */
export const byteSize: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,6}[kMGT]?$|^\d{1,15}$/)
  .transform((text) => Number.parseInt(text, 10) * 1024 ** ' kMGT'.indexOf(/[kMGT]$/.exec(text)?.[0] ?? ' '));

import { type PatchInstructions, patchRecord } from '@sluice/formats/conda';

/** A record as a channel shows it. */
export interface ShownText {
  /** The record's text, patched. */
  body: Uint8Array;
  v3: boolean;
  /** As JSON text; null when not known. */
  extra: Uint8Array | null;
  /** What the upstream says of who signed it, about the text as it was there; null when nothing. */
  signatures: Uint8Array | null;
}

/** A record as the channel's patches leave it; undefined when they remove it. */
export function patchedText(
  patch: PatchInstructions | undefined,
  { file, body, v3, extra, signatures }: ShownText & { file: string },
): ShownText | undefined {
  const patched = patchRecord(patch, file, body, { v3, runExports: extra });
  if (patched.status === 'removed') return undefined;
  return { body: patched.body, v3, extra: patched.runExports, signatures };
}

/** The same through the patches of several channels, one after the other. */
export function patchedThrough(
  patches: readonly PatchInstructions[],
  record: ShownText & { file: string },
): ShownText | undefined {
  let shown: ShownText | undefined = record;
  for (const patch of patches) shown = shown && patchedText(patch, { ...shown, file: record.file });
  return shown;
}

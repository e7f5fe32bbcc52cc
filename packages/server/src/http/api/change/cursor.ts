import type { ChangeCursor } from '@sluice/publish';

/** A cursor as one opaque word. */
export function cursorText(cursor: ChangeCursor): string {
  return Buffer.from(JSON.stringify([cursor.no, cursor.key, cursor.file])).toString('base64url');
}

/** The reverse of {@link cursorText}; undefined for any other word. */
export function readCursor(text: string): ChangeCursor | undefined {
  try {
    const [no, key, file] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    const isNumber = Number.isInteger(no) && (no as number) >= 0 && (no as number) < 2 ** 31;
    if (isNumber && typeof key === 'string' && typeof file === 'string' && !key.includes('\0'))
      return { no: no as number, key, file };
  } catch {
    // No JSON.
  }
  return undefined;
}

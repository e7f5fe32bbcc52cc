import { decodeUtf8 } from '../utf8.ts';

// Node and browsers know the other encodings; the pure rooms' library does not name TextDecoder.
declare const TextDecoder: new (label: string) => { decode(bytes: Uint8Array): string };

/**
 * Bytes of a control file as text: in the encoding its field `Encoding` names, else UTF-8, else Latin-1. A byte order
 * mark is dropped.
 *
 * @see Writing R Extensions, "Encoding issues"
 */
export function decodeText(bytes: Uint8Array): string {
  const label = namedEncoding(bytes);
  if (label !== undefined) return new TextDecoder(label).decode(bytes);
  try {
    return decodeUtf8(bytes).replace(/^\uFEFF/, '');
  } catch {
    return latin1(bytes);
  }
}

function namedEncoding(bytes: Uint8Array): string | undefined {
  const named = /^Encoding:[ \t]*(latin1|latin2|iso-?8859-?1|iso-?8859-?2)[ \t\r]*$/im.exec(latin1(bytes))?.[1];
  if (named === undefined) return undefined;
  return named.endsWith('1') ? 'windows-1252' : 'iso-8859-2';
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

import { decodeUtf8 } from '../utf8.ts';

/** Bytes as text: UTF-8, or Latin-1 where they are none. A byte order mark is dropped. */
export function decodeLoosely(bytes: Uint8Array): string {
  try {
    const text = decodeUtf8(bytes);
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  } catch {
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return text;
  }
}

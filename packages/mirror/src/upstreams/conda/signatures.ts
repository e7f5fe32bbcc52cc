import { createRepodataScanner, isJsonObject } from '@sluice/formats/conda';
import { MirrorError } from '../../errors.ts';
import { fileNumbers } from './file-numbers.ts';

/** What a document says of who signed its files. */
export interface Signatures {
  /** As JSON text, verbatim; null when nobody signed the file. */
  of(file: string): Uint8Array | null;
}

const blockBytes = 1024 * 1024;
/** A million files, each signed by several. */
const mostBytes = 512 * blockBytes;

/**
 * Read who signed the files of a document.
 *
 * @param json the document anew, as plain JSON.
 * @returns undefined when nobody signed anything.
 * @throws {MirrorError} `upstream_malformed` when it is more than memory is to hold; {FormatError} as the scanner.
 * @see formats.md 2.1
 */
export async function readSignatures(json: () => AsyncIterable<Uint8Array>): Promise<Signatures | undefined> {
  const table = signatureTable();
  const scanner = createRepodataScanner({ onRecord() {}, onSignatures: table.add });
  for await (const chunk of json()) scanner.push(chunk);
  scanner.end();
  return table.isEmpty() ? undefined : table;
}

/** Texts one behind the other in large blocks: hundreds of thousands of buffers would cost more than what is in them. */
function signatureTable() {
  const blocks: Uint8Array[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const places = fileNumbers();
  let at = 0;

  return {
    add(file: string, text: Uint8Array): void {
      if (text.byteLength > blockBytes || !isSigned(text)) return;
      if (
        blocks.length === 0 ||
        (at % blockBytes) + text.byteLength > blockBytes ||
        at === blocks.length * blockBytes
      ) {
        at = blocks.length * blockBytes;
        if (at === mostBytes) throw tooMany();
        blocks.push(new Uint8Array(blockBytes));
      }
      blocks[blocks.length - 1]!.set(text, at % blockBytes);
      starts.push(at);
      at += text.byteLength;
      ends.push(at);
      places.set(file, starts.length);
    },
    of(file: string): Uint8Array | null {
      const place = places.get(file) - 1;
      if (place < 0) return null;
      const block = Math.floor(starts[place]! / blockBytes);
      return blocks[block]!.subarray(starts[place]! - block * blockBytes, ends[place]! - block * blockBytes);
    },
    isEmpty: () => starts.length === 0,
  };
}

/** Whether at least one key has a signature there. What is none is as if it were not there: it is handed on, and must be sound. */
export function isSigned(text: Uint8Array): boolean {
  try {
    const signers: unknown = JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString());
    if (!isJsonObject(signers)) return false;
    return Object.values(signers).some((one) => isJsonObject(one) && typeof one.signature === 'string');
  } catch {
    return false;
  }
}

function tooMany(): MirrorError {
  return new MirrorError('upstream_malformed', 'The index has more signatures than any has.', {
    wanted: `at most ${mostBytes} bytes`,
    found: 'more',
  });
}

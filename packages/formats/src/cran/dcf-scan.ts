import { FormatError } from '../errors.ts';
import { decodeText } from './decode-text.ts';

/** Takes the bytes of a document of paragraphs, in pieces of any size. */
export interface DcfScanner {
  push(bytes: Uint8Array): void;
  /** The document is over: hands over its last paragraph. */
  end(): void;
}

/** What a document may cost. */
export interface DcfLimits {
  /** Bytes of one paragraph. */
  readonly paragraphBytes: number;
}

const lineFeed = 10;
const carriageReturn = 13;
const blank = 32;
const tab = 9;
/** The longest paragraph of CRAN is 12 kB. */
const usual: DcfLimits = { paragraphBytes: 1 << 20 };

/**
 * Cut a document into paragraphs, of which one at a time is held. Each is handed over as it is written, with `\n` at the
 * end of every line whatever ended it there. Its encoding is the one it
 * names, else UTF-8, else Latin-1.
 *
 * @throws {FormatError} `dcf_limit` on a paragraph that is too long, `dcf_syntax` on a NUL, which no text holds.
 */
export function createDcfScanner(onParagraph: (text: string) => void, limits: DcfLimits = usual): DcfScanner {
  let held = new Uint8Array(4096);
  let length = 0;
  let lineStart = 0;
  let blankLine = true;
  let afterReturn = false;

  function keep(byte: number): void {
    if (length === limits.paragraphBytes) {
      throw new FormatError('dcf_limit', `A paragraph is longer than ${limits.paragraphBytes} bytes.`, {
        wanted: `at most ${limits.paragraphBytes} bytes`,
        found: 'more',
      });
    }
    if (length === held.length) {
      const wider = new Uint8Array(held.length * 2);
      wider.set(held);
      held = wider;
    }
    held[length++] = byte;
  }

  function onLineEnd(): void {
    if (!blankLine) {
      keep(lineFeed);
    } else {
      length = lineStart;
      handOver();
    }
    lineStart = length;
    blankLine = true;
  }

  function handOver(): void {
    if (length > 0) onParagraph(decodeText(held.subarray(0, length)));
    length = 0;
  }

  return {
    push(bytes) {
      for (const byte of bytes) {
        if (byte === lineFeed && afterReturn) {
          afterReturn = false;
          continue;
        }
        afterReturn = byte === carriageReturn;
        if (byte === lineFeed || afterReturn) {
          onLineEnd();
          continue;
        }
        if (byte === 0)
          throw new FormatError('dcf_syntax', 'There is a NUL in it: this is no text.', { wanted: 'text' });
        if (byte !== blank && byte !== tab) blankLine = false;
        keep(byte);
      }
    },
    end() {
      if (blankLine) length = lineStart;
      else keep(lineFeed);
      handOver();
      lineStart = 0;
      blankLine = true;
    },
  };
}

import { FormatError } from '../../errors.ts';
import { decodeEntities } from './html-entities.ts';

/** A tag's attributes by their names in lower case, entities decoded; the first of two counts, as to browsers. */
export type HtmlAttributes = ReadonlyMap<string, string>;

/** Told of what an index's page is made of, in order. */
export interface HtmlHandlers {
  anchor(attributes: HtmlAttributes, text: string): void;
  /** `<meta>` and `<base>`. */
  head?(tag: 'meta' | 'base', attributes: HtmlAttributes): void;
}

/** Takes a page in pieces of any size; holds no more of it than one tag. */
export interface HtmlScanner {
  /** @throws {FormatError} `simple_limit`: a tag or the text of a link beyond all measure. */
  push(text: string): void;
  /** No more comes. @throws {FormatError} `simple_malformed` where nothing of it was HTML, or it ends inside a tag or link. */
  end(): void;
}

/** Longer tags, comments apart, are none of an index. */
const longestTag = 64 * 1024;

/** `<tag`, with what may stand in quotes up to its `>`. */
const tagPattern = /<(\/?)([a-z][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/iy;
const attributePattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g;

const COMMENT_END = '-->';

/** Elements whose content is not HTML. */
const rawElements = new Set(['script', 'style', 'textarea', 'title']);

/**
 * Find the links, `<meta>` and `<base>` of a page. Own code: it needs no tree, must not hold pages of 40 MB, and has to tell
 * what is no page from an empty one, where parsers of HTML make a page of everything.
 *
 * @see PEP 503; HTML Living Standard, "Tokenization" (what indexes use of it)
 */
export function createHtmlScanner(handlers: HtmlHandlers): HtmlScanner {
  let rest = '';
  let anchor: HtmlAttributes | undefined;
  let anchorText = '';
  // What ends the part that is being passed over: a comment, or an element whose content is not HTML.
  let until: string | undefined;
  let sawTag = false;
  let waiting = false;

  function onText(text: string): void {
    if (anchor === undefined) return;
    anchorText += text;
    if (anchorText.length > longestTag) throw tooLong();
  }

  function closeAnchor(): void {
    if (anchor !== undefined) handlers.anchor(anchor, decodeEntities(anchorText).trim());
    anchor = undefined;
    anchorText = '';
  }

  function onTag(closing: boolean, name: string, attributes: string): void {
    sawTag ||= htmlTags.has(name);
    // A link inside a link ends the outer one, and so does the end of the page.
    if (name === 'a' || (closing && (name === 'body' || name === 'html'))) closeAnchor();
    if (closing) return;
    if (name === 'a') anchor = readAttributes(attributes);
    else if (name === 'meta' || name === 'base') handlers.head?.(name, readAttributes(attributes));
    else if (rawElements.has(name)) until = `</${name}`;
  }

  /** Nothing can be told of the text from `at` on before more of it is there. */
  function more(at: number): number {
    waiting = true;
    return at;
  }

  /** Go on from `at`; returns where the next call has to begin. */
  function step(text: string, at: number): number {
    if (until !== undefined) {
      const end = text.toLowerCase().indexOf(until, at);
      if (end === -1) return more(Math.max(at, text.length - until.length + 1));
      const past = until === COMMENT_END ? end + until.length : end;
      until = undefined;
      return past;
    }
    const open = text.indexOf('<', at);
    if (open !== at) {
      const end = open === -1 ? text.length : open;
      onText(text.slice(at, end));
      return end;
    }
    if (text.startsWith('<!--', at)) {
      until = COMMENT_END;
      return at + 4;
    }
    const next = text.charAt(at + 1);
    if (next === '!' || next === '?') {
      if ('<!--'.startsWith(text.slice(at))) return more(at);
      const end = text.indexOf('>', at);
      if (end !== -1) sawTag ||= /^<!doctype\s+html/i.test(text.slice(at, end));
      return end === -1 ? more(at) : end + 1;
    }
    tagPattern.lastIndex = at;
    const tag = tagPattern.exec(text);
    if (tag !== null) {
      onTag(tag[1] === '/', tag[2]!.toLowerCase(), tag[3]!);
      return at + tag[0].length;
    }
    if (next !== '' && !/[a-z/]/i.test(next)) {
      onText('<');
      return at + 1;
    }
    return more(at);
  }

  return {
    push(piece) {
      const text = rest + piece;
      let at = 0;
      waiting = false;
      while (at < text.length && !waiting) at = step(text, at);
      rest = text.slice(at);
      if (rest.length > longestTag) throw tooLong();
    },
    end() {
      if (!sawTag) throw malformed('a page in HTML', 'something else');
      if (anchor !== undefined || until !== undefined || rest.startsWith('<'))
        throw malformed('the end of the page', 'an end inside a link, tag or comment');
    },
  };
}

/** What every page has one of. Any text may have a `<` in it, even something like a tag. */
const htmlTags = new Set(['html', 'head', 'body', 'a', 'title', 'meta', 'h1']);

function readAttributes(text: string): HtmlAttributes {
  const attributes = new Map<string, string>();
  for (const [, name, double, single, bare] of text.matchAll(attributePattern)) {
    const key = name!.toLowerCase();
    if (!attributes.has(key)) attributes.set(key, decodeEntities(double ?? single ?? bare ?? ''));
  }
  return attributes;
}

function tooLong(): FormatError {
  return new FormatError('simple_limit', `A tag or a link of the page is longer than ${longestTag} characters.`, {
    wanted: `at most ${longestTag} characters`,
    found: 'more',
  });
}

function malformed(wanted: string, found: string): FormatError {
  return new FormatError('simple_malformed', `This is not a page of a package index: wanted ${wanted}.`, {
    wanted,
    found,
  });
}

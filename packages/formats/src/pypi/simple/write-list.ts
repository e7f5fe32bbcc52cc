import { normaliseProjectName } from '../project-name.ts';
import { escapeHtml, HTML_END, htmlHead, meta } from './write-html.ts';
import { SIMPLE_API_VERSION } from './write-json.ts';

/** Characters handed out at a time. */
const chunkCharacters = 64 * 1024;

/** The list of projects in JSON, in chunks, in the order given. @see PEP 691 */
export function* writeProjectListJson(names: Iterable<string>): Generator<string> {
  function* parts(): Generator<string> {
    yield `{"meta":{"api-version":"${SIMPLE_API_VERSION}"},"projects":[`;
    let separator = '';
    for (const name of names) {
      yield `${separator}{"name":${JSON.stringify(name)}}`;
      separator = ',';
    }
    yield ']}';
  }
  yield* inChunks(parts());
}

/** The list of projects in HTML, in chunks, in the order given; links are relative to the list. @see PEP 503, PEP 629 */
export function* writeProjectListHtml(names: Iterable<string>): Generator<string> {
  function* parts(): Generator<string> {
    yield htmlHead('Simple index', [meta('pypi:repository-version', SIMPLE_API_VERSION)]);
    for (const name of names)
      yield `<a href="${escapeHtml(normaliseProjectName(name))}/">${escapeHtml(name)}</a><br>\n`;
    yield HTML_END;
  }
  yield* inChunks(parts());
}

function* inChunks(parts: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

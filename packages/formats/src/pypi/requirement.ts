import { excerpt, FormatError } from '../errors.ts';
import { type Marker, parseMarker } from './marker.ts';
import { isProjectName, normaliseProjectName } from './project-name.ts';
import { type PythonSpecifier, parseSpecifier } from './specifier.ts';

/** What one package needs of another. */
export interface PythonRequirement {
  /** Normalised. */
  readonly name: string;
  readonly writtenName: string;
  /** As written, sorted, each once. */
  readonly extras: readonly string[];
  /** Of no clauses where any version will do, and where there is an address. */
  readonly specifier: PythonSpecifier;
  /** Where it is to be had, instead of from an index. */
  readonly url: string | undefined;
  /** When it is needed; undefined for always. */
  readonly marker: Marker | undefined;
}

/** Longer than any requirement of a real package. */
const longest = 8192;

const headPattern = /^\s*([a-z0-9][a-z0-9._-]*)\s*(?:\[([^\]]*)\])?\s*/i;

/**
 * Read a requirement: `requests[socks]>=2.8,<3; python_version < "3.9"`, `foo (>=1.0)`, `foo @ https://…`.
 *
 * @throws {FormatError} `python_requirement`, and `python_specifier`, `python_marker` for its parts. Never retry.
 * @see PyPA "Dependency specifiers" (PEP 508)
 */
export function parseRequirement(text: string): PythonRequirement {
  if (text.length > longest) throw invalid(text, `at most ${longest} characters`);
  const head = headPattern.exec(text);
  if (head === null || !isProjectName(head[1]!)) throw invalid(text, 'the name of a project at its beginning');
  const rest = text.slice(head[0].length);
  const parts = rest.startsWith('@') ? splitUrl(rest.slice(1), text) : splitVersions(rest, text);
  return {
    name: normaliseProjectName(head[1]!),
    writtenName: head[1]!,
    extras: extrasOf(head[2], text),
    specifier: parts.specifier,
    url: parts.url,
    marker: parts.marker === undefined ? undefined : parseMarker(parts.marker),
  };
}

/** As {@link parseRequirement}; undefined for what is none, as some old packages have. */
export function readRequirement(text: string): PythonRequirement | undefined {
  try {
    return parseRequirement(text);
  } catch {
    return undefined;
  }
}

interface Parts {
  readonly specifier: PythonSpecifier;
  readonly url: string | undefined;
  readonly marker: string | undefined;
}

/** An address ends with a blank: `;` may be a part of it. */
function splitUrl(rest: string, text: string): Parts {
  const match = /^\s*(\S+)(?:\s+;(.*)|\s*)$/s.exec(rest);
  if (match === null || !/^[a-z][a-z0-9+.-]*:\S/i.test(match[1]!)) {
    throw invalid(text, 'an address behind "@", and a blank and ";" before a condition');
  }
  return { specifier: { clauses: [] }, url: match[1]!, marker: match[2] };
}

function splitVersions(rest: string, text: string): Parts {
  const semicolon = rest.indexOf(';');
  const versions = (semicolon === -1 ? rest : rest.slice(0, semicolon)).trim();
  const inner = /^\((.*)\)$/s.exec(versions)?.[1] ?? versions;
  // Only this can be told from here; the rest is the specifier's.
  if (inner !== '' && !/^\s*[~=!<>]/.test(inner))
    throw invalid(text, 'an operator such as >=, "@" or ";" behind the name');
  const marker = semicolon === -1 ? undefined : rest.slice(semicolon + 1);
  return { specifier: parseSpecifier(inner), url: undefined, marker };
}

function extrasOf(list: string | undefined, text: string): string[] {
  if (list === undefined || list.trim() === '') return [];
  const extras = list.split(',').map((extra) => extra.trim());
  if (!extras.every(isProjectName)) throw invalid(text, 'names with commas between them in [ ]');
  return [...new Set(extras)].sort();
}

function invalid(text: string, wanted: string): FormatError {
  return new FormatError('python_requirement', `${excerpt(text)} is not a Python requirement: wanted ${wanted}.`, {
    wanted,
    found: excerpt(text),
  });
}

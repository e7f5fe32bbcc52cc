import { FormatError } from '@sluice/formats/errors';
import {
  normaliseProjectName,
  type PythonVersion,
  parsePythonVersion,
  parseSpecifier,
  specifierAllows,
} from '@sluice/formats/pypi';
import { type NamedSpec, namedSpecs } from './named-specs.ts';

/**
 * Read a spec of Python files: a project's name, in which `*` stands for any text, and which versions: `numpy >=1.26,<2`,
 * `acme-*`. All versions without a specifier. Pre-releases are versions like all others.
 *
 * @throws {FormatError} `python_name`, `python_specifier`.
 * @see PEP 440, "Version specifiers"; PEP 503 (names)
 */
export function readPythonSpec(text: string): NamedSpec<PythonVersion> {
  const [, name = '', rest = ''] = /^\s*([A-Za-z0-9*][A-Za-z0-9._*-]*)\s*(.*)$/s.exec(text) ?? [];
  if (name === '') {
    throw new FormatError('python_name', `${JSON.stringify(text.slice(0, 80))} begins with no project's name.`, {
      wanted: 'a name and versions, such as numpy >=1.26,<2',
      found: text.slice(0, 80),
    });
  }
  const specifier = parseSpecifier(rest.trim().replace(/^\((.*)\)$/s, '$1'));
  return { text, name: normaliseProjectName(name), allows: (version) => specifierAllows(specifier, version) };
}

/** Several of them as one question. @throws {FormatError} as {@link readPythonSpec}. */
export function pythonSpecs(texts: readonly string[]) {
  return namedSpecs(texts.map(readPythonSpec), parsePythonVersion);
}

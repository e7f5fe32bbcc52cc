import { FormatError } from '@sluice/formats/errors';
import { type MarkerEnvironment, markerEnvironment, markerPlatforms, parsePythonMinor } from '@sluice/formats/pypi';

/**
 * Read an environment as a filter names it, `<platform>:<version of Python>`, such as `linux-64:3.12`.
 *
 * @returns what markers ask of it, for an extra that is asked for, or none.
 * @throws {FormatError} `python_version` for anything else.
 */
export function readEnvironment(text: string): (extra: string) => MarkerEnvironment {
  const [written = '', version = ''] = text.split(':');
  const platform = markerPlatforms.find((one) => one === written);
  if (!platform) {
    throw new FormatError(
      'python_version',
      `${JSON.stringify(text.slice(0, 80))} is no environment: write a platform and a version of Python, such as linux-64:3.12. Platforms are ${markerPlatforms.join(', ')}.`,
      { wanted: 'linux-64:3.12', found: text.slice(0, 80) },
    );
  }
  const minor = parsePythonMinor(version);
  return (extra) => markerEnvironment(platform, minor, extra);
}

import { ArchiveError } from '../errors.ts';

/** What a wheel says of itself as a wheel. */
export type WheelText = {
  readonly version: string;
  readonly generator: string | undefined;
  readonly rootIsPurelib: boolean;
  readonly tags: readonly string[];
  readonly build: string | undefined;
};

/**
 * Read the file WHEEL.
 *
 * @throws {ArchiveError} `metadata_invalid`: no `Wheel-Version`, or one that installers refuse.
 * @see PyPA "Binary distribution format"
 */
export function readWheelText(content: Buffer, entry: string): WheelText {
  const fields = new Map<string, string[]>();
  for (const line of content.toString('utf8').split(/\r\n|\n|\r/)) {
    const [, name, value] = /^([!-9;-~]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const key = name.toLowerCase();
    fields.set(key, [...(fields.get(key) ?? []), value!.trim()]);
  }
  const version = fields.get('wheel-version')?.[0] ?? '';
  if (!/^1\.\d+$/.test(version)) {
    throw new ArchiveError(
      'metadata_invalid',
      'The wheel is of a format that installers do not know. Build it again.',
      {
        entry,
        wanted: 'Wheel-Version: 1.x',
        found: version === '' ? 'none' : version.slice(0, 40),
      },
    );
  }
  return {
    version,
    generator: fields.get('generator')?.[0],
    rootIsPurelib: fields.get('root-is-purelib')?.[0]?.toLowerCase() === 'true',
    tags: fields.get('tag') ?? [],
    build: fields.get('build')?.[0],
  };
}

/** What an R client says of itself. */
export interface RClient {
  /** `4.5.0` */
  readonly version: string;
  /** The series that binaries are built for, `4.5`. */
  readonly minor: string;
  /** `x86_64-pc-linux-gnu` */
  readonly platform: string;
  /** `x86_64`, `aarch64` */
  readonly arch: string;
  /** `linux-gnu`, `mingw32`, `darwin20` */
  readonly os: string;
}

/**
 * Read the `User-Agent` of R's own downloads, `R (4.5.0 x86_64-pc-linux-gnu x86_64 linux-gnu)`, also behind other words, as
 * renv and Posit's advice have it. Undefined when it is another client.
 *
 * @see R's `utils:::defaultUserAgent`
 */
export function parseRUserAgent(header: string | undefined): RClient | undefined {
  const match = /\bR \(((\d{1,3}\.\d{1,3})\.\d{1,3}) ([\w.-]{1,60}) ([\w.-]{1,30}) ([\w.-]{1,30})\)/.exec(
    header?.slice(0, 1000) ?? '',
  );
  if (match === null) return undefined;
  const [, version, minor, platform, arch, os] = match as unknown as string[];
  return { version: version!, minor: minor!, platform: platform!, arch: arch!, os: os! };
}

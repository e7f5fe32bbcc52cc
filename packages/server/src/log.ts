import pino, { type DestinationStream, type Logger } from 'pino';

/** The log of a process: one JSON object a line. */
export type Log = Logger;

/** What must never be in a line, wherever it came from: a token in a path, one of our tokens, a session, a password in a URL. */
const SECRETS: [RegExp, string][] = [
  [/((?:\/|%2f)t(?:\/|%2f))(?:(?!%2f)[^/\s"'\\?#])+/gi, '$1***'],
  [/slc-[A-Za-z0-9]{8,}/g, 'slc-***'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '***'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^/\s"'\\@:]*):[^/\s"'\\@]+@/gi, '$1:***@'],
  [/\b((?:basic|bearer|token) +)[A-Za-z0-9+/=._~-]{8,}/gi, '$1***'],
];

/** A line without its secrets. */
export function redact(line: string): string {
  return SECRETS.reduce((text, [secret, mask]) => text.replace(secret, mask), line);
}

/**
 * The log of this process, to standard error: standard output is for what a person must read. Every line is redacted as a
 * whole, so neither an error's message nor a library's line can carry a secret out.
 *
 * @param to where redacted lines go instead.
 */
export function createLog(level: string, to?: DestinationStream): Log {
  const target = to ?? pino.destination({ fd: 2, sync: true });
  const redacted: DestinationStream = { write: (line) => target.write(redact(line)) };
  const options = {
    level,
    base: {},
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: pino.stdSerializers.errWithCause },
  };
  return pino(options, redacted);
}

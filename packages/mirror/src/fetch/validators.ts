/** What tells the version of an answer. */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

/** The headers that ask only for another version than the one that is known; none when nothing tells that one. */
export function conditionalHeaders(known: Validators | undefined): Record<string, string> {
  return {
    ...(known?.etag ? { 'if-none-match': known.etag } : {}),
    ...(known?.lastModified ? { 'if-modified-since': known.lastModified } : {}),
  };
}

const userInfo = /([a-z][a-z0-9+.-]*:\/\/)[^/?#\s@]*@/gi;
const tokenSegment = /(\/t\/)[^/?#\s]+/gi;
const secretParameter = /([?&](?:[^=&#\s]*(?:token|signature|sig|key|secret|password|credential)[^=&#\s]*)=)[^&#\s]+/gi;

/**
 * Any text with the secrets of the URLs in it replaced by `***`: user and password, the token of `/t/<token>/` and query
 * parameters that sound like a signature. For everything that is logged, stored as an error or shown.
 */
export function redact(text: string): string {
  return text.replace(userInfo, '$1***@').replace(tokenSegment, '$1***').replace(secretParameter, '$1***');
}

// es2024 knows no URL and this room takes no types of Node; it exists wherever this code runs.
declare const URL: {
  new (url: string, base?: string): { readonly href: string; readonly pathname: string; hash: string };
  canParse(url: string, base?: string): boolean;
};

/** An address as a page at `base` means it; undefined where it is none. Its part behind `#` is kept. */
export function resolveUrl(url: string, base: string): string | undefined {
  return URL.canParse(url, base) ? new URL(url, base).href : undefined;
}

/** The last part of an address's path, decoded: the name of the file. Empty for a folder. */
export function lastSegment(url: string): string {
  const segment = new URL(url).pathname.split('/').at(-1)!;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** An address without its part behind `#`, and that part. */
export function splitFragment(url: string): [url: string, fragment: string] {
  const at = url.indexOf('#');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

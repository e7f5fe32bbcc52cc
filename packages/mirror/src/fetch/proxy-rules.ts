/** Which proxy a request takes when the mirror names none: the environment's words. */
export interface ProxyRules {
  http?: string;
  https?: string;
  /** Entries of `NO_PROXY`: `*`, hosts, `.suffixes`, each with an optional port. */
  none: readonly string[];
}

/** `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` of an environment; lower-case names win, as in curl. */
export function proxyRulesOf(env: Readonly<Record<string, string | undefined>>): ProxyRules {
  const value = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const http = value('HTTP_PROXY');
  const https = value('HTTPS_PROXY');
  return {
    ...(http === undefined ? {} : { http: withScheme(http) }),
    ...(https === undefined ? {} : { https: withScheme(https) }),
    none: (value('NO_PROXY') ?? '').split(/[\s,]+/).filter((entry) => entry !== ''),
  };
}

/** The proxy for a URL, or undefined for a direct connection. */
export function proxyFor(url: URL, rules: ProxyRules): string | undefined {
  if (rules.none.some((entry) => covers(entry.toLowerCase(), url))) return undefined;
  return url.protocol === 'https:' ? rules.https : rules.http;
}

function covers(entry: string, url: URL): boolean {
  if (entry === '*') return true;
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
  if (host === '' || (port !== undefined && port !== (url.port || (url.protocol === 'https:' ? '443' : '80'))))
    return false;
  const suffix = host.replace(/^\*?\./, '');
  return url.hostname === suffix || url.hostname.endsWith(`.${suffix}`);
}

function withScheme(proxy: string): string {
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

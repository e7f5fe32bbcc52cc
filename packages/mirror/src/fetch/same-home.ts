/**
 * Whether what opens one address may be shown to another that it redirects to: the same origin, or the same host that has moved
 * on to https, both at their usual ports.
 */
export function isSameHome(home: URL, to: URL): boolean {
  if (to.origin === home.origin) return true;
  const isUpgrade = home.protocol === 'http:' && to.protocol === 'https:' && home.port === '' && to.port === '';
  return isUpgrade && to.hostname === home.hostname;
}

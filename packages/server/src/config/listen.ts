import { isIP } from 'node:net';
import { z } from 'zod';
import { trustedProxies } from '../http/client-address.ts';
import { variable } from './variable.ts';

/** Where the server listens and under which address it is known. */
export const listenVariables = z.object({
  SLUICE_HOST: variable(
    z
      .string()
      .regex(/^[A-Za-z0-9.:_-]+$/)
      .default('127.0.0.1'),
    {
      wanted: 'an address or host name of this machine, such as 0.0.0.0',
      about: 'Address to listen on.',
    },
  ),
  SLUICE_PORT: variable(
    z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .refine((port) => port <= 65_535)
      .default(8080),
    { wanted: 'a port from 0 (any free one) to 65535', about: 'Port to listen on.' },
  ),
  SLUICE_PUBLIC_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .refine((text) => URL.canParse(text) && new URL(text).search === '' && new URL(text).hash === '')
      .transform((text) => text.replace(/\/+$/, ''))
      .optional(),
    {
      wanted: 'an http or https URL without query, such as https://packages.example.org',
      about: 'The address clients use, when it is another than the one listened on.',
    },
  ),
  SLUICE_TRUST_PROXY: variable(
    z
      .string()
      .transform(trustedProxies)
      .refine((trusted) => trusted !== undefined)
      .optional(),
    {
      wanted: 'addresses or CIDRs between commas, such as 10.0.0.0/8, or "any"',
      about: 'Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.',
    },
  ),
  SLUICE_ACCEL_REDIRECT: variable(
    z
      .string()
      .regex(/^(\/[A-Za-z0-9._~-]+)+$/)
      .optional(),
    {
      wanted: 'a path such as /_blobs, together with SLUICE_TRUST_PROXY',
      about:
        'Internal location of an nginx in front that sends files itself (X-Accel-Redirect); its alias is <data>/blobs/.',
    },
  ),
  SLUICE_TLS_CERT: variable(z.string().optional(), {
    wanted: 'the path of a PEM file, together with SLUICE_TLS_KEY',
    about: 'Certificate chain (PEM) to serve https with.',
  }),
  SLUICE_TLS_KEY: variable(z.string().optional(), {
    wanted: 'the path of a PEM file, together with SLUICE_TLS_CERT',
    about: 'Private key (PEM) of the certificate.',
  }),
});

/** How an address is written in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

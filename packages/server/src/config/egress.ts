import { z } from 'zod';
import { variable } from './variable.ts';

/** What the server may reach, and through what. */
export const egressVariables = z.object({
  SLUICE_SOURCES: variable(z.string().optional(), {
    wanted: 'CIDRs, host names and file: roots between commas, or "any", or "none"',
    about:
      'Where mirrors may fetch from, beyond public and private-range addresses and file: below <data>/airgap. With none, no other machine is asked for anything; file: roots may stand beside it.',
  }),
  SLUICE_CA_FILE: variable(z.string().optional(), {
    wanted: 'the path of a readable PEM file',
    about: 'Certificates of authorities to trust when fetching, beside the usual ones.',
  }),
  HTTP_PROXY: variable(z.string().optional(), { wanted: 'a URL', about: 'Proxy for fetching over http.' }),
  HTTPS_PROXY: variable(z.string().optional(), { wanted: 'a URL', about: 'Proxy for fetching over https.' }),
  NO_PROXY: variable(z.string().optional(), {
    wanted: 'host names between commas',
    about: 'Hosts fetched without a proxy.',
  }),
});

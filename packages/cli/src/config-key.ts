import { Argument } from 'commander';
import type { Config, SslVerify } from './config-file.ts';
import { CliError } from './errors.ts';
import { siteUrl } from './site-url.ts';

/** One setting by its key; read and changed in place. */
export interface Setting {
  get(config: Config): SslVerify | undefined;
  /** Undefined takes it away. */
  set(config: Config, value: SslVerify | undefined): void;
  /** @throws {CliError} `usage` when the text is none of its values. */
  read(text: string): SslVerify;
}

const shape = /^sites\.([A-Za-z0-9][\w-]*)\.(url|ssl_verify)$/;

/** The argument that names a setting. */
export const keyArgument = (): Argument =>
  new Argument('<key>', 'default_site, ssl_verify, sites.<name>.url or sites.<name>.ssl_verify');

/** The setting of a key. @throws {CliError} `usage`. */
export function settingOf(key: string): Setting {
  if (key === 'default_site' || key === 'ssl_verify') {
    return {
      get: (config) => config[key],
      set: (config, value) => void Object.assign(config, { [key]: value }),
      read: key === 'ssl_verify' ? readVerify : (text) => text,
    };
  }
  const [, name = '', field] = shape.exec(key) ?? [];
  if (field !== 'url' && field !== 'ssl_verify') {
    throw new CliError('usage', `There is no setting ${key}.`, {
      wanted: 'default_site, ssl_verify, sites.<name>.url or sites.<name>.ssl_verify',
      found: key,
    });
  }
  return {
    get: (config) => (Object.hasOwn(config.sites, name) ? config.sites[name]?.[field] : undefined),
    set: (config, value) => {
      const site = { ...config.sites[name], [field]: value };
      if (value === undefined) delete site[field];
      config.sites = { ...config.sites, [name]: site };
      if (Object.keys(site).length === 0) delete config.sites[name];
    },
    read: field === 'url' ? (text) => siteUrl(text, key) : readVerify,
  };
}

/** All settings there are, as key and value. */
export function settingsOf({ sites, ...globals }: Config): [key: string, value: SslVerify][] {
  const all: [string, SslVerify | undefined][] = [
    ['default_site', globals.default_site],
    ['ssl_verify', globals.ssl_verify],
    ...Object.entries(sites).flatMap(([name, { url, ssl_verify }]): [string, SslVerify | undefined][] => [
      [`sites.${name}.url`, url],
      [`sites.${name}.ssl_verify`, ssl_verify],
    ]),
  ];
  return all.filter((one): one is [string, SslVerify] => one[1] !== undefined);
}

/** As the older tools read it: a word of truth, or the path of a PEM file. */
function readVerify(text: string): SslVerify {
  const word = text.toLowerCase();
  if (['true', 'yes', 'on', '1'].includes(word)) return true;
  if (['false', 'no', 'off', '0'].includes(word)) return false;
  if (/[/\\.]/.test(text)) return text;
  throw new CliError('usage', 'ssl_verify is true, false or the path of a file with certificates.', { found: text });
}

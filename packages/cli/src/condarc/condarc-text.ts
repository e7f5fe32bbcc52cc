import { isMap, parseDocument } from 'yaml';
import { CliError } from '../errors.ts';

/** What conda is told. @see product.md AE-13, OP-10 */
export interface CondarcWish {
  /** What names of channels are completed with: `https://<host>/api/repo`, also with a token. */
  alias: string;
  /** What `defaults` stands for: names of channels. */
  defaults: readonly string[];
  /** Channels beside `defaults`. */
  channels: readonly string[];
}

/**
 * A condarc with these settings in it, everything else as it was, comments too.
 *
 * @param before its text so far; empty when there is none.
 * @param file what it is called, for errors.
 * @throws {CliError} `config_invalid` when it is no YAML that conda reads.
 */
export function condarcText(before: string, { alias, defaults, channels }: CondarcWish, file: string): string {
  const document = parseDocument(before);
  if (document.errors.length > 0 || (document.contents !== null && !isMap(document.contents))) {
    throw new CliError('config_invalid', `${file} cannot be read as conda reads it.`, {
      wanted: 'a map of settings in YAML',
      found: document.errors[0]?.message.split('\n')[0],
      next: 'Repair or remove it; nothing was changed.',
    });
  }
  document.set('channel_alias', alias);
  document.set('default_channels', document.createNode([...defaults]));
  document.set('channels', document.createNode(['defaults', ...channels.filter((name) => name !== 'defaults')]));
  return document.toString({ lineWidth: 0 });
}

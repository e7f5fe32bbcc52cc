import { parseChannelComponent } from '@sluice/formats/conda';
import { FormatError } from '@sluice/formats/errors';
import { RegistryError } from '../errors.ts';

const rule = 'a lower-case letter, then lower-case letters, digits, _ and -';

/**
 * Check the name of a new channel or subchannel, one component of its path, and return it. Stricter than conda asks,
 * since the same names are used by other tools of this family.
 *
 * @throws {RegistryError} `channel_name` that names the characters that are wrong.
 * @see product.md CH-01
 */
export function checkChannelName(name: string): string {
  const wrong = [...name].filter((character, i) => !(i === 0 ? /[a-z]/ : /[a-z0-9_-]/).test(character));
  if (name === '') throw new RegistryError('channel_name', `A channel needs a name: ${rule}.`, { wanted: rule });
  if (wrong.length > 0) {
    const shown = [...new Set(wrong)].slice(0, 10).map((character) => JSON.stringify(character));
    const hint = wrong.includes('/') ? ' A subchannel is created in its channel, by its own name.' : '';
    throw new RegistryError(
      'channel_name',
      `${excerpt(name)} cannot name a channel: ${shown.join(', ')} may not stand where it does; wanted ${rule}.${hint}`,
      { wanted: rule, found: excerpt(name) },
    );
  }
  try {
    return parseChannelComponent(name);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new RegistryError('channel_name', error.message, { wanted: error.wanted, found: error.found, cause: error });
  }
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

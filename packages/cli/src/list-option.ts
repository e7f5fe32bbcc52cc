import { Option } from 'commander';

/** An option of texts, separated by commas or given again. An empty text makes the list empty. */
export function commaListOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: string[] = []) => [
    ...before,
    ...text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  ]);
}

/** An option that is given once for each text, because commas belong to the texts. An empty text makes the list empty. */
export function repeatedOption(flags: string, description: string): Option {
  return new Option(`${flags}`, `${description}; again for more`).argParser((text: string, before: string[] = []) =>
    text.trim() === '' ? before : [...before, text.trim()],
  );
}

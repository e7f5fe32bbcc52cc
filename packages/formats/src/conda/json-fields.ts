import type { JsonValue } from './json.ts';

/** A string that says something; undefined for anything else, the empty string included. */
export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The strings of a list. Other elements are passed over; anything but a list counts as none. */
export function textsOf(value: JsonValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

/** A field that is written as one string or as a list of them. */
export function oneOrMoreTexts(value: JsonValue | undefined): string[] {
  return typeof value === 'string' && value !== '' ? [value] : textsOf(value);
}

/** A whole number from 0 up, also when written as `3.0`; undefined for anything else. */
export function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

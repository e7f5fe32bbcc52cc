/**
 * A value of R as its serialisation has it: vectors with attributes, of which names, class, dim and row.names are some.
 * NA is `undefined` in strings; in numbers -2^31 or a NaN.
 */
export type RValue = RNull | RStrings | RIntegers | RDoubles | RList;

export interface RNull {
  readonly type: 'null';
}
export interface RStrings {
  readonly type: 'character';
  readonly values: readonly (string | undefined)[];
  readonly attributes?: RAttributes;
}
export interface RIntegers {
  /** Logical values are 0, 1 and NA. */
  readonly type: 'integer' | 'logical';
  readonly values: ArrayLike<number>;
  readonly attributes?: RAttributes;
}
export interface RDoubles {
  readonly type: 'double';
  /** `undefined` is NA. */
  readonly values: ArrayLike<number | undefined>;
  readonly attributes?: RAttributes;
}
export interface RList {
  readonly type: 'list';
  readonly values: readonly RValue[];
  readonly attributes?: RAttributes;
}

export type RAttributes = readonly (readonly [name: string, value: RValue])[];

/** Strings as a value. */
export function rStrings(values: readonly (string | undefined)[]): RStrings {
  return { type: 'character', values };
}

/** An attribute of a value, if it has it. */
export function attributeOf(value: RValue, name: string): RValue | undefined {
  if (value.type === 'null') return undefined;
  return value.attributes?.find(([key]) => key === name)?.[1];
}
